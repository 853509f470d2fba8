import { Annotations, CloudBackend, Fn, NamedCloudWorkspace, TerraformOutput, TerraformStack } from 'cdktf';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import type { Construct } from 'constructs';
import { HcloudProvider } from '../.gen/providers/hcloud/provider';
import { CloudflareZone } from './cloudflare/zone';
import { Edge } from './edge';
import { TIERS } from './net/address-plan';
import { isLetsEncrypt } from './net/checks';
import { DYNAMIC, type Connection, type WayOut } from './net/connections';
import { applicationConnections } from './net/database-connections';
import { checkedRebootWindow, REBOOT_WINDOW } from './updates/reboot-window';
import type { ProvisionedServer } from './servers/provisioned-server';
import { untried } from './hetzner/images';
import { InternalAuthority } from './certificates/internal-authority';
import { lockProviders, takeExactly } from './servers/provider-lock';
import { Revision } from './certificates/revision';
import { Site } from './servers/site';
import { keepStateLocally } from './servers/state-file';
import { PlatformVariables } from './servers/variables';
import { checkSettings } from './settings-checks';
import type { Backend, EnvironmentSettings } from './settings';
import { AppTier } from './tiers/app-tier';
import { hostFirewall } from './tiers/host-firewall';
import { LoadBalancerPair } from './tiers/load-balancer-pair';
import { MySqlTier } from './tiers/mysql-tier';
import { securityUpdates } from './updates/security-updates';
import { WebTier } from './tiers/web-tier';

/** Who may talk to whom. Each host drops whatever is not said here, on its private address too. */
export const CONNECTIONS: readonly Connection[] = [
  { from: 'internet', to: 'lb', port: 'http' }, // redirected to https
  { from: 'internet', to: 'lb', port: 'https' },
  { from: 'lb', to: 'lb', port: 'vrrp' },
  { from: 'lb', to: 'lb', port: 'floatingIpAgent' }, // one asks the other whether it still serves
  { from: 'other-lb', to: 'lb', port: 'https' }, // the same, when the private network between them is cut
  { from: 'lb', to: 'web', port: 'http' },
  { from: 'web', to: 'app', port: 'http' },
  { from: 'app', to: 'mysql', port: 'sql' },
  { from: 'app', to: 'mysql', port: 'memberHealth' }, // which member is PRIMARY
  { from: 'mysql', to: 'mysql', port: 'sql' }, // Group Replication with communication_stack=MYSQL
  { from: 'mysql', to: 'mysql', port: 'memberHealth' }, // before a bootstrap members compare what they have
  { from: 'operators', to: 'lb', port: 'ssh' },
  { from: 'lb', to: 'web', port: 'ssh' }, // all others are reached through the load balancers
  { from: 'lb', to: 'app', port: 'ssh' },
  { from: 'lb', to: 'mysql', port: 'ssh' },
];

/** Besides, where the certificate comes from an ACME server. */
export const ACME_CONNECTIONS: readonly Connection[] = [
  { from: 'lb', to: 'lb', port: 'acmeChallenge' }, // whoever has the address asks the one that obtains
  { from: 'lb', to: 'lb', port: 'certificate' }, // what one has obtained the other takes
];

/** Besides, where security updates install themselves: before one reboots it asks the others of its tier. */
export const UPDATE_CONNECTIONS: readonly Connection[] = TIERS.map((tier) => ({ from: tier, to: tier, port: 'updates' }));

/** Who may talk to the Internet. Programs that are not named here, such as Nginx and mysqld, may not. */
export const WAYS_OUT: readonly WayOut[] = [
  ...TIERS.flatMap((from): WayOut[] => [
    { from, user: 'root' },
    { from, user: '_apt' }, // downloads packages for root
    { from, user: 'systemd-timesync', ports: ['ntp'] },
    { from, ports: ['dns'], to: 'resolvers' },
  ]),
  { from: 'lb', user: 'floating-ip', ports: ['http', 'https'], to: 'hetzner-api' },
  { from: 'lb', user: 'floating-ip', ports: ['https'], to: 'other-lb' }, // whether it still serves, when the private network is cut
];

/** Besides, where the certificate comes from an ACME server, at whatever port it is. */
export const ACME_WAYS_OUT: readonly WayOut[] = [{ from: 'lb', user: 'certificate-agent' }];

/** One environment: four tiers, the edge before them, and the network that they share. */
export class PlatformStack extends TerraformStack {
  constructor(scope: Construct, id: string, settings: EnvironmentSettings) {
    super(scope, id);
    checkSettings(id, settings);
    const warning = settings.image && untried(settings.image);
    if (warning) Annotations.of(this).addWarning(warning);
    const {
      application,
      network = {},
      loadBalancers: { sshSources, webSources, ...loadBalancers } = {},
      web = {},
      app = {},
      mysql = {},
    } = settings;
    // 1.10 brought ephemeral variables
    this.addOverride('terraform.required_version', '>= 1.10');
    // What no resource says: `npx platform` reads it. A local that nothing uses changes no plan
    this.addOverride('locals.platform', described(settings));
    keepState(this, settings.backend);

    const variables = new PlatformVariables(this);
    const hcloud = new HcloudProvider(this, 'hcloud', {
      token: variables.hcloudToken,
      endpoint: variables.hcloudEndpoint,
      // The provider's own way backs off so far that an action of 20 s is noticed after 31 s
      pollFunction: 'constant',
      pollInterval: '1s',
    });
    for (const provider of [hcloud, new TlsProvider(this, 'tls')]) takeExactly(provider);
    lockProviders(this);

    const addresses = { networkRange: network.range, subnets: network.subnets };
    const keysRevision = new Revision(this, 'keys-revision', variables.keysRevision);
    const cloudflare =
      settings.cloudflare &&
      new CloudflareZone(this, 'cloudflare', {
        settings: settings.cloudflare,
        keysRevision,
        issuesCertificates: issuesAtCloudflare(settings),
      });
    const sources = { sshSources, webSources: cloudflare?.proxies ? (webSources ?? []) : webSources, proxies: cloudflare?.proxies };
    const acme = settings.certificate?.mode === 'acme';
    const { securityUpdates: updates = false, rebootWindow = REBOOT_WINDOW } = settings.updates ?? {};
    const connections = [...CONNECTIONS, ...(acme ? ACME_CONNECTIONS : []), ...(updates ? UPDATE_CONNECTIONS : [])];
    const waysOut = [...WAYS_OUT, ...(acme ? ACME_WAYS_OUT : []), ...ofApplication(app.outboundRanges)];
    const firewall = hostFirewall({ connections, waysOut, resolvers: network.resolvers, ...addresses, ...sources });
    const site = new Site(this, 'site', {
      ...settings,
      ...addresses,
      ...sources,
      resolvers: network.resolvers,
      sshPublicKey: variables.sshPublicKey,
      sshPrivateKey: variables.sshPrivateKey,
      sshAdditionalPublicKeys: variables.sshAdditionalPublicKeys,
      sshKeyChecks: variables.sshKeyChecks,
      secretsRevision: variables.secretsRevision,
      securityUpdates: updates,
      hostFiles: (host, peers) => ({
        ...firewall(host.tier),
        ...(updates && securityUpdates(host, peers, checkedRebootWindow(rebootWindow))),
      }),
    });
    const domains = [settings.domain, ...(settings.additionalDomains ?? [])];
    const edge = new Edge(this, 'edge', {
      domains,
      certificate: settings.certificate ?? { mode: 'self-signed' },
      keysRevision,
      issueAfter: cloudflare && [cloudflare.found],
    });
    const authority = new InternalAuthority(this, 'internal-authority', {
      name: 'platform internal CA',
      generations: settings.internalAuthorities,
      keysRevision,
    });

    // A secret of its own, which nobody can compute who has one of the others but the first
    const mysqlMigrationPassword =
      application.migrationEntryPoint === undefined
        ? undefined
        : Fn.sha256(Fn.join(' ', ['platform migrations', variables.mysqlAdminPassword]));
    const mysqlTier = new MySqlTier(this, 'mysql', {
      site,
      ...mysql,
      applicationConnections: applicationConnections(app),
      repository: variables.mysqlRepository,
      authority,
      credentials: {
        mysqlAdminPassword: variables.mysqlAdminPassword,
        mysqlReplicationPassword: variables.mysqlReplicationPassword,
        mysqlAppPassword: variables.mysqlAppPassword,
        mysqlMigrationPassword,
      },
    });
    const appTier = new AppTier(this, 'app', {
      site,
      ...app,
      application,
      databaseMembers: mysqlTier.endpoints,
      credentials: { mysqlAppPassword: variables.mysqlAppPassword, mysqlMigrationPassword, internalCa: authority.certificates },
      internalCaRevision: authority.revision,
      // The application may come with a new password only where the group knows it: its first member has told it by then
      configureAfter: [mysqlTier.firstConfigured],
    });
    mysqlTier.endFormerPasswords(appTier.servers.map((server) => server.configured));
    const webTier = new WebTier(this, 'web', {
      site,
      ...web,
      logs: settings.logs,
      upstreams: appTier.endpoints,
      publicFolder: application.publicFolder,
    });
    const pair = new LoadBalancerPair(this, 'lb', {
      site,
      ...loadBalancers,
      upstreams: webTier.endpoints,
      hostNames: edge.hostNames,
      logs: settings.logs,
      certificatePem: edge.certificatePem,
      certificateRevision: edge.certificateRevision,
      failoverToken: variables.failoverToken,
      hcloudEndpoint: variables.hcloudEndpoint,
      cloudflare: cloudflare?.proxies && { proxies: cloudflare.proxies, originPulls: cloudflare.originPulls },
      configureAfter: cloudflare?.originPulls && [cloudflare.originPulls.told],
      acme: edge.acme && {
        ...edge.acme,
        authority: new InternalAuthority(this, 'lb-authority', {
          name: 'load balancer pair CA',
          generations: settings.internalAuthorities,
          keysRevision,
        }),
      },
    });
    cloudflare?.point(
      domains,
      site.floatingIp.ipAddress,
      pair.servers.map((server) => server.configured),
    );
    // Both: an apply that changes the load balancers must not cut the SSH sessions that go through them to the others
    site.provideEgress([...pair.servers.map((server) => server.configured), pair.floatingIpAssignment]);

    tell(this, 'url', `https://${settings.domain}/`, 'Where visitors find the platform');
    tell(this, 'floating_ip', site.floatingIp.ipAddress, `Address that ${settings.domain} has to resolve to`);
    const servers = [...pair.servers, ...webTier.servers, ...appTier.servers, ...mysqlTier.servers];
    tell(this, 'servers', addressesOf(servers), 'Addresses of all servers');
    if (site.bastionKey) tell(this, 'known_hosts', knownHosts(site.floatingIp.ipAddress, servers), 'Lines for known_hosts of SSH');
    if (edge.authorityCertificate) tell(this, 'ca_certificate', edge.authorityCertificate, 'CA of the self-signed certificate');
  }
}

const issuesAtCloudflare = ({ certificate, cloudflare }: EnvironmentSettings) =>
  certificate?.mode === 'cloudflare-origin' || cloudflare?.originPulls?.mode === 'generated';

function described({ domain, additionalDomains = [], certificate = { mode: 'self-signed' }, cloudflare }: EnvironmentSettings): object {
  return {
    domains: [domain, ...additionalDomains],
    certificate: certificate.mode,
    lets_encrypt: certificate.mode === 'acme' && isLetsEncrypt(certificate.directoryUrl),
    cloudflare: cloudflare && { zone: cloudflare.zone, proxied: cloudflare.proxied ?? true },
  };
}

/** The application's unit has the same ranges: two walls, as a unit's own is of no use to what breaks out of the unit. */
function ofApplication(ranges: readonly string[] = []): readonly WayOut[] {
  if (ranges.length === 0) return [];
  return [{ from: 'app', user: DYNAMIC, ...(!ranges.includes('any') && { to: ranges }) }];
}

function keepState(stack: TerraformStack, backend: Backend = { type: 'local' }): void {
  if (backend.type === 'local') {
    keepStateLocally(stack);
    return;
  }
  const { organization, workspace, hostname } = backend;
  new CloudBackend(stack, { organization, hostname, workspaces: new NamedCloudWorkspace(workspace) });
}

function addressesOf(servers: readonly ProvisionedServer[]): Record<string, Record<string, string>> {
  return Object.fromEntries(
    servers.map(({ host, publicAddress }) => [
      host.name,
      { tier: host.tier, private_address: host.address, ...(publicAddress && { public_address: publicAddress }) },
    ]),
  );
}

/** The load balancers share one key, and so does the floating IP. */
function knownHosts(floatingIp: string, servers: readonly ProvisionedServer[]): string {
  return servers
    .map(
      ({ host, publicAddress, publicHostKey = '' }) =>
        `${[host.address, ...(publicAddress ? [publicAddress, floatingIp] : [])].join(',')} ${publicHostKey}\n`,
    )
    .join('');
}

function tell(stack: TerraformStack, name: string, value: unknown, description: string): void {
  new TerraformOutput(stack, name, { value, description });
}
