import { DataCloudflareZoneSetting } from '@cdktf/provider-cloudflare/lib/data-cloudflare-zone-setting';
import { DataCloudflareZones } from '@cdktf/provider-cloudflare/lib/data-cloudflare-zones';
import { DnsRecord } from '@cdktf/provider-cloudflare/lib/dns-record';
import { CloudflareProvider } from '@cdktf/provider-cloudflare/lib/provider';
import { TerraformStack, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Revision } from '../certificates/revision';
import { takeExactly } from '../servers/provider-lock';
import { addressForTokens, variable } from '../servers/variables';
import { OriginPulls } from './origin-pulls';
import { ProxyRanges } from './proxy-ranges';
import type { Cloudflare } from '../settings/cloudflare';

/** For a visitor who remembers the address; a proxied name has Cloudflare's own, which goes by 1. */
const TTL_SECONDS = 300;
const AUTOMATIC_TTL = 1;

export interface CloudflareZoneProps {
  /** As `resolveCloudflare` completes them. */
  readonly settings: Cloudflare;
  /** Makes a new key for origin pulls when it changes. @default never */
  readonly keysRevision?: Revision;
  /** Whether certificates are made at Cloudflare, which the token has to allow. @default false */
  readonly issuesCertificates?: boolean;
}

/** The zone, as found by its name, and what Cloudflare does for it. */
export class CloudflareZone extends Construct {
  /** Where the proxies come from; undefined if visitors come straight to the floating IP. */
  readonly proxies?: ProxyRanges;
  /** The proxies' own certificate; undefined if they show none. */
  readonly originPulls?: OriginPulls;
  /** Whatever makes something at Cloudflare waits until the zone is found. */
  readonly found: ITerraformDependable;

  private readonly zoneId: string;

  constructor(scope: Construct, id: string, { settings, keysRevision, issuesCertificates = false }: CloudflareZoneProps) {
    super(scope, id);
    const { zone, proxied, originPulls } = settings;
    this.useProvider();
    const zones = new DataCloudflareZones(this, 'zone', {
      name: zone,
      maxItems: 2,
      lifecycle: {
        postcondition: [
          {
            condition: '${length(self.result) == 1}',
            errorMessage: `Cloudflare shows the token no zone ${zone}, or several: check the setting cloudflare.zone, and that the variable cloudflare_token may read the zone.`,
          },
          ...['dns_records', ...(issuesCertificates ? ['ssl'] : [])].map((right) => ({
            condition: mayEdit(right),
            errorMessage: `Cloudflare shows cloudflare_token the zone ${zone} with #${right}:read and without #${right}:edit: give the token the right to edit.`,
          })),
        ],
      },
    });
    this.found = zones;
    this.zoneId = zones.result.get(0).id;
    if (!proxied) return;

    this.checkEncryption(zone);
    this.proxies = new ProxyRanges(this, 'proxies');
    if (originPulls)
      this.originPulls = new OriginPulls(this, 'origin-pulls', { zoneId: this.zoneId, zone, settings: originPulls, keysRevision });
  }

  /** A records for these names. The first deploy makes them when the load balancers can answer. */
  point(names: readonly string[], address: string, after: readonly ITerraformDependable[]): void {
    const proxied = this.proxies !== undefined;
    for (const name of names) {
      new DnsRecord(this, name, {
        zoneId: this.zoneId,
        name,
        type: 'A',
        content: address,
        proxied,
        ttl: proxied ? AUTOMATIC_TTL : TTL_SECONDS,
        dependsOn: [...after],
      });
    }
  }

  private useProvider(): void {
    const stack = TerraformStack.of(this);
    const provider = new CloudflareProvider(this, 'provider', {
      apiToken: variable(stack, 'cloudflare_token', {
        description: 'API token of Cloudflare for the zone: DNS edit, SSL and certificates edit, zone settings read, zone read',
        secret: true,
        // The provider checks this, too, and prints what it refuses
        check: {
          condition: '${can(regex("^[A-Za-z0-9_-]{40,}$", var.cloudflare_token))}',
          message: 'cloudflare_token has to be an API token of Cloudflare: 40 letters, digits, hyphens and underscores.',
        },
      }),
      baseUrl: variable(stack, 'cloudflare_base_url', {
        description: "Base URL of Cloudflare's API",
        default: 'https://api.cloudflare.com/client/v4',
        check: addressForTokens('cloudflare_base_url', 'http://127.0.0.1:8080/client/v4'),
      }),
    });
    takeExactly(provider);
  }

  /** In mode `flexible` proxies come without TLS, and are redirected to where they came from, without end. */
  private checkEncryption(zone: string): void {
    const encryption = new DataCloudflareZoneSetting(this, 'encryption', {
      zoneId: this.zoneId,
      settingId: 'ssl',
      lifecycle: {
        postcondition: [
          {
            condition: '${contains(["full", "strict", "origin_pull"], self.value)}',
            errorMessage: `The zone ${zone} has the SSL/TLS mode \${self.value}, with which Cloudflare does not speak TLS to the load balancers: set it to Full (strict) in Cloudflare's dashboard.`,
          },
        ],
      },
    });
    // No error: with a self-signed certificate there is no other mode
    TerraformStack.of(this).addOverride('check.cloudflare_encryption', {
      assert: {
        condition: `\${data.${encryption.terraformResourceType.replace(/^data\./, '')}.${encryption.friendlyUniqueId}.value != "full"}`,
        error_message: `The zone ${zone} has the SSL/TLS mode Full, with which Cloudflare believes any certificate that is shown to it: whoever stands between Cloudflare and the load balancers can read and change everything. Set certificate: { mode: 'cloudflare-origin' } or another that Cloudflare trusts, deploy, and set the mode to Full (strict).`,
      },
    });
  }
}

/**
 * False where Cloudflare says so, of the zone that was found: it lists what the token may do there. Where it lists nothing of the kind, the
 * request itself will tell.
 */
function mayEdit(right: string): string {
  return `\${try(!contains(self.result[0].permissions, "#${right}:read") || contains(self.result[0].permissions, "#${right}:edit"), true)}`;
}
