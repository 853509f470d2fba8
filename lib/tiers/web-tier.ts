import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { renderDeadPeersSysctl } from '../config/dead-peers';
import { renderNginxConfig } from '../config/nginx';
import { renderSilentPeers, SILENT_PEERS_ENV } from '../config/silent-peers';
import { refuse, type Problem } from '../errors';
import type { Endpoint, Host } from '../net/address-plan';
import type { Logs } from '../net/log-settings';
import { PORTS } from '../net/ports';
import { ProvisionedServer } from '../servers/provisioned-server';
import { roll } from '../servers/roll';
import type { Site } from '../servers/site';
import { pick } from '../settings/rules';
import { checkWeb, WEB_RULES, type Web, type WebSettings } from '../settings/web';

/** The settings, as `resolveWeb` completes them, and what a web tier is wired to. */
export interface WebTierProps extends Web {
  /** Network, addresses, placement groups and SSH key, shared by all tiers. */
  readonly site: Site;
  /** The app servers. What is no static file goes to them; a request that may have been seen is repeated only if it is idempotent. */
  readonly upstreams: readonly Endpoint[];
  /** Local folder of static files, served under `/`. Names that begin with a dot are not. */
  readonly publicFolder: string;
  /** What access logs say of visitors. */
  readonly logs: Logs;
  /** Steps after which private hosts reach package mirrors: those of the load balancers, `LoadBalancerPair.egress`. */
  readonly egress: readonly ITerraformDependable[];
  /** Steps that must have succeeded before the first server is configured. @default none */
  readonly configureAfter?: readonly ITerraformDependable[];
}

const WWW = '/srv/www';

const NOBODY: Problem = {
  code: 'no-upstreams',
  prop: 'upstreams',
  got: [],
  want: 'at least one app server',
  fix: 'pass the endpoints of an AppTier',
};

/**
 * Nginx: static files of the application, everything else to the app servers. All servers are active.
 *
 * Without `PlatformStack`, here with app servers that exist already:
 *
 *   const site = new Site(stack, 'site', { ...resolveSite({ locations: ['nbg1'] }), sshPublicKey, sshPrivateKey });
 *   const pair = new LoadBalancerPair(stack, 'lb', {
 *     ...resolveLoadBalancers({}, { webServers: 3 }),
 *     site,
 *     upstreams: site.endpoints('web', 'http', 3),
 *     ...,
 *   });
 *   new WebTier(stack, 'web', { ...resolveWeb({ serverCount: 3 }, site.plan), site, egress: pair.egress, upstreams, publicFolder, logs: LOG_DEFAULTS });
 *
 * `resolve...` only adds defaults: each construct refuses wrong settings by itself, all at once, as `PlatformStack` does. The tiers' hosts have no
 * firewall of their own unless the site's `hostFiles` give them one.
 */
export class WebTier extends Construct {
  readonly servers: readonly ProvisionedServer[];
  readonly endpoints: readonly Endpoint[];

  constructor(scope: Construct, id: string, props: WebTierProps) {
    super(scope, id);
    const { site, serverCount, serverType, upstreams } = props;
    const missing = upstreams.length > 0 ? [] : [NOBODY];
    refuse(this, [...checkWeb(pick<WebSettings>(props, WEB_RULES), { locations: site.locations, subnets: site.plan.subnets }), ...missing]);
    const hosts = site.hosts('web', serverCount);
    this.servers = roll(
      hosts,
      (host, configureAfter) =>
        new ProvisionedServer(this, host.name, {
          site,
          host,
          peers: hosts.filter((other) => other !== host),
          serverType,
          installAfter: props.egress,
          role: 'web',
          files: {
            '/etc/nginx/nginx.conf': nginxConfig(host, props),
            '/etc/sysctl.d/90-dead-peers.conf': renderDeadPeersSysctl(),
            [SILENT_PEERS_ENV]: renderSilentPeers('all', upstreams, '/healthz'),
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
    trustedProxies: props.trustedProxies,
    upstreams: props.upstreams,
    publicFolder: `${WWW}/current`,
    maxBodyMegabytes: props.maxBodyMegabytes,
    readTimeoutSeconds: props.readTimeoutSeconds,
    logs: props.logs,
  });
}
