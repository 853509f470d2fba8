import { Fn, Lazy, Token, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { Firewall } from '../../.gen/providers/hcloud/firewall';
import { FloatingIpAssignment } from '../../.gen/providers/hcloud/floating-ip-assignment';
import { OBTAINED_PATH, renderCertificateAgentConfig, renderCertificateAgentNetwork } from '../config/certificate-agent';
import { renderFloatingIpAgentConfig, type FloatingIpAgentFact } from '../config/floating-ip-agent';
import { PEER_HEALTH_PATH, renderHaproxyConfig } from '../config/haproxy';
import { renderKeepalivedConfig } from '../config/keepalived';
import { renderLoadBalancerSysctl } from '../config/load-balancer-sysctl';
import { renderTicketAgentPeer } from '../config/ticket-agent';
import { renderNatGateway } from '../config/nat-gateway';
import { WEB_HEALTH_PATH } from '../config/nginx';
import { renderSilentPeers, SILENT_PEERS_ENV } from '../config/silent-peers';
import { renderUnavailablePage } from '../config/unavailable-page';
import { refuse, type Problem } from '../errors';
import type { Endpoint, Host } from '../net/address-plan';
import { resolveLimits } from '../net/capacity';
import type { Logs } from '../net/log-settings';
import { PORTS } from '../net/ports';
import { agentProgram } from '../build/bundle';
import type { InternalAuthority } from '../certificates/internal-authority';
import { ProvisionedServer } from '../servers/provisioned-server';
import type { Site } from '../servers/site';
import { checkLoadBalancers, LOAD_BALANCER_RULES, type LoadBalancers, type LoadBalancerSettings } from '../settings/load-balancers';
import { pick } from '../settings/rules';

/** The settings, as `resolveLoadBalancers` completes them, and what a pair is wired to. */
export interface LoadBalancerPairProps extends LoadBalancers {
  /** Network, addresses, floating IP, placement groups and SSH key, shared by all tiers. */
  readonly site: Site;
  /** The web servers. */
  readonly upstreams: readonly Endpoint[];
  /** Sensitive token: certificate, intermediates and private key in one PEM. */
  readonly certificatePem: string;
  /** Another value with each new certificate; no secret. It brings the certificate to the hosts, without a lost request. */
  readonly certificateRevision: string;
  /** Ephemeral token: Hetzner's API token, read and write, with which the agents move the floating IP. */
  readonly failoverToken: string;
  /** Base URL of Hetzner's API as the load balancers reach it. */
  readonly hcloudEndpoint: string;
  /** Cloudflare's proxies stand in front. @default they do not: clients come by themselves */
  readonly cloudflare?: ProxyAccess;
  /**
   * They obtain and renew a certificate by themselves; `certificatePem` is shown until they have the first one.
   * @default `certificatePem` is all there is
   */
  readonly acme?: AcmeClient;
  /** By its certificates the two know each other when one hands the other a secret. It must sign for nobody else. */
  readonly authority: InternalAuthority;
  /** Names that visitors ask for, `*.example.com` for all below it; a request for another gets 421. @default any */
  readonly hostNames?: readonly string[];
  /** What logs say of visitors. */
  readonly logs: Logs;
  /** Steps that must have succeeded before the first load balancer is configured. @default none */
  readonly configureAfter?: readonly ITerraformDependable[];
}

/** How load balancers know Cloudflare's proxies. */
export interface ProxyAccess {
  /** Tokens of lists of their ranges. */
  readonly proxies: { readonly ipv4: string[]; readonly ipv6: string[] };
  /** Their client certificate. @default they show none */
  readonly originPulls?: {
    /** PEM (token, no secret) of the CA that has signed it. */
    readonly authority: string;
    /** Another value when `authority` is another: a trigger for provisioning. */
    readonly revision: string;
    /** Whether a request without it is refused. */
    readonly required: boolean;
  };
}

/** How the load balancers obtain a certificate by themselves. */
export interface AcmeClient {
  readonly domains: readonly string[];
  readonly directoryUrl: string;
  readonly email?: string;
  /** PEM of the CA of the directory's own certificate. @default those that the system trusts */
  readonly directoryCa?: string;
}

const NOBODY: Problem = {
  code: 'no-upstreams',
  prop: 'upstreams',
  got: [],
  want: 'at least one web server',
  fix: 'pass the endpoints of a WebTier',
};
const HAPROXY_FILES = '/etc/haproxy/platform';
/** In memory: the RuntimeDirectory of the units. */
const TICKETS = '/run/ticket-keys';
const TICKET_AGENT = '/etc/systemd/system/ticket-keys.service';
const DIRECTORY_CA = '/etc/platform/acme-directory-ca.pem';

/**
 * Two servers with HAProxy, where TLS ends. keepalived decides which one is MASTER; the floating-ip agent moves the
 * floating IP and the alias of the NAT gateway there through Hetzner's API.
 */
export class LoadBalancerPair extends Construct {
  readonly servers: readonly [ProvisionedServer, ProvisionedServer];
  /** Only the first assignment: whatever the agents change later is left alone. */
  readonly floatingIpAssignment: FloatingIpAssignment;

  /** After these steps private hosts have a way out, and SSH through the floating IP works. */
  readonly egress: readonly ITerraformDependable[];

  private readonly props: LoadBalancerPairProps;

  constructor(scope: Construct, id: string, props: LoadBalancerPairProps) {
    super(scope, id);
    this.props = props;
    const { site, upstreams } = props;
    const around = { locations: site.locations, webServers: upstreams.length };
    const missing = upstreams.length > 0 ? [] : [NOBODY];
    refuse(this, [...checkLoadBalancers(pick<LoadBalancerSettings>(props, LOAD_BALANCER_RULES), around), ...missing]);
    const [one, two] = [site.plan.host('lb', 1), site.plan.host('lb', 2)];
    const first = this.createServer(one, two, () => second, props.configureAfter);
    const second: ProvisionedServer = this.createServer(two, one, () => first, [first.configured]);
    this.servers = [first, second];
    this.floatingIpAssignment = new FloatingIpAssignment(this, 'floating-ip-assignment', {
      floatingIpId: Token.asNumber(site.floatingIp.id),
      serverId: Token.asNumber(first.server.id),
      lifecycle: { ignoreChanges: ['server_id'] },
    });
    // Both: an apply that changes the load balancers must not cut the SSH sessions that go through them to the others
    this.egress = [first.configured, second.configured, this.floatingIpAssignment];
    if (site.limitsWebSources) this.letPeersIn();
  }

  /** A firewall of its own, because the one that servers are created with cannot know their addresses. */
  private letPeersIn(): void {
    const { site } = this.props;
    new Firewall(this, 'peer-firewall', {
      name: `${site.namePrefix}load-balancer-peers`,
      labels: site.labels('lb'),
      rule: [
        {
          direction: 'in',
          protocol: 'tcp',
          port: String(PORTS.lb.https),
          sourceIps: this.servers.map(({ server }) => `${server.ipv4Address}/32`),
        },
      ],
      applyTo: this.servers.map(({ server }) => ({ server: Token.asNumber(server.id) })),
    });
  }

  private createServer(
    host: Host,
    peer: Host,
    peerServer: () => ProvisionedServer,
    configureAfter?: readonly ITerraformDependable[],
  ): ProvisionedServer {
    const { site, serverType, certificatePem, certificateRevision, failoverToken, cloudflare, acme, authority } = this.props;
    const pair = authority.issue(host.name, { names: [host.name], addresses: [host.address] });
    const agentFacts: Readonly<Record<FloatingIpAgentFact, string>> = {
      FLOATING_IP: site.floatingIp.ipAddress,
      FLOATING_IP_ID: site.floatingIp.id,
      NETWORK_ID: site.network.id,
      // Each needs to know the other's server, which exists by the time that they are configured
      SERVER_ID: Lazy.stringValue({ produce: () => server.server.id }),
      PEER_SERVER_ID: Lazy.stringValue({ produce: () => peerServer().server.id }),
      PEER_PUBLIC_ADDRESS: Lazy.stringValue({ produce: () => peerServer().server.ipv4Address }),
      HCLOUD_ENDPOINT: this.props.hcloudEndpoint,
    };
    const server: ProvisionedServer = new ProvisionedServer(this, host.name, {
      site,
      host,
      peers: [peer],
      serverType,
      role: 'load-balancer',
      publicAddress: true,
      files: this.files(host, peer),
      programs: {
        '/opt/platform/agents/floating-ip.js': agentProgram('floating-ip'),
        ...(this.hasTickets && { '/opt/platform/agents/ticket-keys.js': agentProgram('ticket-keys') }),
        ...(acme && { '/opt/platform/agents/certificate.js': agentProgram('certificate') }),
      },
      facts: {
        ...agentFacts,
        METRICS_PORT: String(PORTS.lb.metrics),
        AGENT_PORT: String(PORTS.lb.floatingIpAgent),
        ...(cloudflare && {
          CLOUDFLARE_IPV4: Fn.join(',', cloudflare.proxies.ipv4),
          CLOUDFLARE_IPV6: Fn.join(',', cloudflare.proxies.ipv6),
        }),
      },
      credentials: {
        'failover-token': failoverToken,
        // Its name in 0.1.0: a host whose new unit is not there yet can start the former one. Goes with the release after this
        'hcloud-token': failoverToken,
        'tls-certificate': certificatePem,
        'pair-certificate': `${pair.certificate}${pair.privateKey}`,
        'pair-ca': authority.certificates,
        ...(cloudflare?.originPulls && { 'origin-pulls-ca': cloudflare.originPulls.authority }),
      },
      triggers: {
        certificate: certificateRevision,
        pair: `${pair.revision} ${authority.revision}`,
        ...(cloudflare?.originPulls && { originPulls: cloudflare.originPulls.revision }),
      },
      configureAfter,
    });
    return server;
  }

  /** A resumed session shows no certificate: a former CA of origin pulls would stay trusted for as long as sessions last. */
  private get hasTickets(): boolean {
    return !this.props.cloudflare?.originPulls;
  }

  private files(host: Host, peer: Host): Record<string, string> {
    const { site, upstreams, hostNames, logs, hsts, limits, holdSeconds, cloudflare, acme } = this.props;
    const ports = PORTS.lb;
    const { natGateway, networkRange } = site.plan;
    return {
      [SILENT_PEERS_ENV]: renderSilentPeers('repeatable', upstreams, WEB_HEALTH_PATH),
      '/etc/haproxy/haproxy.cfg': renderHaproxyConfig({
        privateAddress: host.address,
        ports,
        upstreams,
        files: HAPROXY_FILES,
        hostNames,
        logs,
        hsts,
        limits: resolveLimits(limits, upstreams.length),
        cloudflare: cloudflare && { originPulls: cloudflare.originPulls && (cloudflare.originPulls.required ? 'required' : 'optional') },
        tickets: this.hasTickets ? TICKETS : undefined,
        acme: acme && { responders: site.endpoints('lb', 'acmeChallenge', 2), sharePath: OBTAINED_PATH },
      }),
      [`${HAPROXY_FILES}/unavailable.http`]: renderUnavailablePage(),
      '/etc/keepalived/keepalived.conf': renderKeepalivedConfig({
        host,
        peers: [peer],
        natGateway,
        haproxyHealthUrl: `http://${host.address}:${ports.metrics}/healthz`,
      }),
      '/etc/platform/floating-ip.json': renderFloatingIpAgentConfig({
        host,
        peer,
        natGateway,
        ports,
        peerHealthPath: PEER_HEALTH_PATH,
        holdSeconds,
      }),
      '/etc/platform/nat-gateway.nft': renderNatGateway({ networkRange }),
      '/etc/sysctl.d/90-load-balancer.conf': renderLoadBalancerSysctl(),
      ...(this.hasTickets && { [`${TICKET_AGENT}.d/peer.conf`]: renderTicketAgentPeer(peer, ports) }),
      ...(acme && certificateAgentFiles(host, peer, acme, networkRange)),
    };
  }
}

function certificateAgentFiles(
  host: Host,
  peer: Host,
  { domains, directoryUrl, email, directoryCa }: AcmeClient,
  networkRange: string,
): Record<string, string> {
  const ports = PORTS.lb;
  return {
    '/etc/platform/certificate-agent.json': renderCertificateAgentConfig({
      host,
      peer,
      ports,
      domains,
      directoryUrl,
      email,
      ...(directoryCa && { directoryCaFile: DIRECTORY_CA }),
    }),
    '/etc/systemd/system/certificate-agent.service.d/network.conf': renderCertificateAgentNetwork({ host, peer, ports, networkRange }),
    ...(directoryCa && { [DIRECTORY_CA]: directoryCa }),
  };
}
