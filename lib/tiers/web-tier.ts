import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { renderDeadPeersSysctl } from '../config/dead-peers';
import { renderNginxConfig } from '../config/nginx';
import { ConfigError } from '../errors';
import type { Endpoint, Host } from '../net/address-plan';
import { webProblems } from '../net/tier-problems';
import type { LogSettings } from '../net/log-settings';
import { PORTS } from '../net/ports';
import { ProvisionedServer } from '../servers/provisioned-server';
import { roll } from '../servers/roll';
import type { Site } from '../servers/site';

/** What the web servers need, and how they serve. */
export interface WebTierProps {
  /** Network, addresses, placement groups and SSH key, shared by all tiers. */
  readonly site: Site;
  /** 1 to 20. @default 2 */
  readonly serverCount?: number;
  /** @default cx23 */
  readonly serverType?: string;
  /** The app servers. What is no static file goes to them; a request that may have been seen is repeated only if it is idempotent. */
  readonly upstreams: readonly Endpoint[];
  /** Local folder of static files, served under `/`. Names that begin with a dot are not. */
  readonly publicFolder: string;
  /** Ranges (CIDR) whose X-Forwarded-For, X-Forwarded-Proto and X-Request-Id are believed. @default the subnet of the load balancers */
  readonly trustedProxies?: readonly string[];
  /** Largest body of a request in MB; a larger one is answered with 413. @default 10 */
  readonly maxBodyMegabytes?: number;
  /**
   * Longest silence of an app server in seconds, then a GET goes to the next one and a POST is answered with 504.
   * More than the application itself ever waits for the database (the sample: 25). @default 40
   */
  readonly readTimeoutSeconds?: number;
  /** What access logs say of visitors. @default everything */
  readonly logs?: LogSettings;
  /** Steps that must have succeeded before the first server is configured. @default none */
  readonly configureAfter?: readonly ITerraformDependable[];
}

const WWW = '/srv/www';

/** Nginx: static files of the application, everything else to the app servers. All servers are active. */
export class WebTier extends Construct {
  readonly servers: readonly ProvisionedServer[];
  readonly endpoints: readonly Endpoint[];

  constructor(scope: Construct, id: string, props: WebTierProps) {
    super(scope, id);
    const { site, serverCount = 2, serverType = 'cx23' } = props;
    if (!Number.isInteger(serverCount) || serverCount < 1 || serverCount > 20) {
      throw new ConfigError(this, {
        code: 'server-count',
        prop: 'serverCount',
        got: serverCount,
        want: 'a whole number from 1 to 20',
        fix: 'choose one in that range',
      });
    }
    if (props.upstreams.length === 0) {
      throw new ConfigError(this, {
        code: 'no-upstreams',
        prop: 'upstreams',
        got: [],
        want: 'at least one app server',
        fix: 'pass the endpoints of an AppTier',
      });
    }
    const problems = webProblems('', props);
    if (problems.length > 0) throw new ConfigError(this, problems);
    const hosts = site.hosts('web', serverCount);
    this.servers = roll(
      hosts,
      (host, configureAfter) =>
        new ProvisionedServer(this, host.name, {
          site,
          host,
          peers: hosts.filter((other) => other !== host),
          serverType,
          role: 'web',
          files: {
            '/etc/nginx/nginx.conf': nginxConfig(host, props),
            '/etc/sysctl.d/90-dead-peers.conf': renderDeadPeersSysctl(),
          },
          folders: { [`${WWW}/release`]: props.publicFolder },
          facts: { WEB_PORT: String(PORTS.web.http) },
          configureAfter,
        }),
      props.configureAfter,
    );
    this.endpoints = site.endpoints('web', 'http', serverCount);
  }
}

function nginxConfig(host: Host, props: WebTierProps): string {
  return renderNginxConfig({
    hostName: host.name,
    listenAddress: host.address,
    port: PORTS.web.http,
    trustedProxies: props.trustedProxies ?? [props.site.plan.subnets.lb],
    upstreams: props.upstreams,
    publicFolder: `${WWW}/current`,
    maxBodyMegabytes: props.maxBodyMegabytes ?? 10,
    readTimeoutSeconds: props.readTimeoutSeconds ?? 40,
    logs: props.logs,
  });
}
