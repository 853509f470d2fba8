import { DataCloudflareIpRanges } from '@cdktf/provider-cloudflare/lib/data-cloudflare-ip-ranges';
import { TerraformLocal, Token } from 'cdktf';
import { Construct } from 'constructs';

/** The addresses from which Cloudflare's proxies come, as Cloudflare says at each plan: when they change, the plan shows it. */
export class ProxyRanges extends Construct {
  /** Tokens of lists: canonical and sorted, so that another order or notation is no change. */
  readonly ipv4: string[];
  readonly ipv6: string[];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const source = new DataCloudflareIpRanges(this, 'source', {
      lifecycle: {
        postcondition: [
          {
            condition: '${try(length(self.ipv4_cidrs), 0) > 0 && try(length(self.ipv6_cidrs), 0) > 0}',
            errorMessage: 'Cloudflare names no ranges for its proxies: with an empty list nobody could reach the platform.',
          },
        ],
      },
    });
    const [ipv4, ipv6] = (['ipv4_cidrs', 'ipv6_cidrs'] as const).map((family) => {
      const ranges = `${source.terraformResourceType}.${source.friendlyUniqueId}.${family}`;
      const canonical = new TerraformLocal(
        this,
        family,
        `\${sort([for range in data.${ranges} : format("%s/%s", cidrhost(range, 0), split("/", range)[1])])}`,
      );
      return Token.asList(canonical.expression);
    });
    this.ipv4 = ipv4 ?? [];
    this.ipv6 = ipv6 ?? [];
  }
}
