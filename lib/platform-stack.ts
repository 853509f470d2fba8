import { Annotations, CloudBackend, Fn, NamedCloudWorkspace, TerraformOutput, TerraformStack, type ITerraformDependable } from 'cdktf';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import type { Construct } from 'constructs';
import { HcloudProvider } from '../.gen/providers/hcloud/provider';
import type { ProxyRanges } from './cloudflare/proxy-ranges';
import { CloudflareZone } from './cloudflare/zone';
import { Edge } from './edge';
import { TIERS } from './net/address-plan';
import { isLetsEncrypt } from './net/checks';
import { DYNAMIC, type Connection, type WayOut } from './net/connections';
import type { ProvisionedServer } from './servers/provisioned-server';
import { untriedImage, untriedType } from './hetzner/untried';
import { untriedSeries } from './settings/mysql';
import { InternalAuthority } from './certificates/internal-authority';
import { deleteInOrder } from './servers/delete-in-order';
import { lockProviders, takeExactly } from './servers/provider-lock';
import { Revision } from './certificates/revision';
import { ServerStock } from './servers/server-stock';
import { Site } from './servers/site';
import { keepStateLocally } from './servers/state-file';
import { PlatformVariables } from './servers/variables';
import { resolve, type Environment, type EnvironmentSettings } from './settings';
import type { Backend } from './settings/backend';
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
  { from: 'lb', to: 'lb', port: 'pair' }, // keys of session tickets; in mode acme the certificate, too
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

/** Added where the certificate comes from an ACME server. */
export const ACME_CONNECTIONS: readonly Connection[] = [
  { from: 'lb', to: 'lb', port: 'acmeChallenge' }, // the holder of the address passes the challenge to the one that obtains
];

/** Added where security updates install themselves: before one reboots it asks the others of its tier. */
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

/** Added where the certificate comes from an ACME server, at whatever port it is. */
export const ACME_WAYS_OUT: readonly WayOut[] = [{ from: 'lb', user: 'certificate-agent' }];

/** One environment: four tiers, the edge before them, and the network that they share. */
export class PlatformStack extends TerraformStack {
  /** @throws ConfigError with everything that is wrong in the settings */
  constructor(scope: Construct, id: string, settings: EnvironmentSettings) {
    super(scope, id);
    const environment = resolve(id, settings);
    this.describe(environment);
    const { domains, internalAuthorities: generations } = environment;
    const variables = new PlatformVariables(this);
    useProviders(this, variables);
    const keysRevision = new Revision(this, 'keys-revision', variables.keysRevision);
    const authority = (name: string, words: string) => new InternalAuthority(this, name, { name: words, generations, keysRevision });

    const cloudflare = createZone(this, environment, keysRevision);
    const site = createSite(this, environment, variables, cloudflare?.proxies);
    const edge = new Edge(this, 'edge', {
      domains,
      certificate: environment.certificate,
      keysRevision,
      issueAfter: cloudflare && [cloudflare.found],
    });
    const pair = new LoadBalancerPair(this, 'lb', {
      ...environment.loadBalancers,
      site,
      upstreams: site.endpoints('web', 'http', environment.web.serverCount),
      hostNames: edge.hostNames,
      logs: environment.logs,
      certificatePem: edge.certificatePem,
      certificateRevision: edge.certificateRevision,
      failoverToken: variables.failoverToken,
      hcloudEndpoint: variables.hcloudEndpoint,
      cloudflare: cloudflare?.proxies && { proxies: cloudflare.proxies, originPulls: cloudflare.originPulls },
      configureAfter: cloudflare?.originPulls && [cloudflare.originPulls.told],
      authority: authority('lb-authority', 'load balancer pair CA'),
      acme: edge.acme,
    });
    const tiers = createPrivateTiers(this, environment, {
      site,
      variables,
      egress: pair.egress,
      authority: authority('internal-authority', 'platform internal CA'),
    });
    deleteInOrder(this, { site, tier: 'web', servers: tiers.web, inFront: pair.servers });
    deleteInOrder(this, { site, tier: 'app', servers: tiers.app, inFront: tiers.web });
    cloudflare?.point(
      domains,
      site.floatingIp.ipAddress,
      pair.servers.map((server) => server.configured),
    );
    const servers = [...pair.servers, ...tiers.web, ...tiers.app, ...tiers.mysql];
    const orders = servers.map(({ order }) => order);
    const { checked } = new ServerStock(site, 'stock', orders, site);
    for (const server of servers) server.after(checked);
    this.tellAll(environment, site, edge, servers);
  }

  /** What is about the stack itself. */
  private describe(environment: Environment): void {
    const { site, loadBalancers, web, app, mysql } = environment;
    const types = Object.entries({ loadBalancers, web, app }).map(([tier, { serverType }]) =>
      untriedType(`${tier}.serverType`, serverType),
    );
    for (const untried of [untriedImage(site.image), untriedSeries(mysql.series), ...types])
      if (untried) Annotations.of(this).addWarning(`${untried.what}; ${untried.remedy}`);
    if (site.mayDestroy.length > 0)
      Annotations.of(this).addWarning(`mayDestroy lets a deploy destroy ${site.mayDestroy.join(', ')}; take it out once that is done`);
    // 1.10 brought ephemeral variables
    this.addOverride('terraform.required_version', '>= 1.10');
    // What no resource says: `npx platform` reads it. A local that nothing uses changes no plan
    this.addOverride('locals.platform', described(environment));
    keepState(this, environment.backend);
  }

  private tellAll({ domains: [domain] }: Environment, site: Site, edge: Edge, servers: readonly ProvisionedServer[]): void {
    const address = site.floatingIp.ipAddress;
    tell(this, 'url', `https://${domain}/`, 'Where visitors find the platform');
    tell(this, 'floating_ip', address, `Address that ${domain} has to resolve to`);
    tell(this, 'servers', addressesOf(servers), 'Addresses of all servers');
    if (site.bastionKey) tell(this, 'known_hosts', knownHosts(address, servers), 'Lines for known_hosts of SSH');
    if (edge.authorityCertificate) tell(this, 'ca_certificate', edge.authorityCertificate, 'CA of the self-signed certificate');
  }
}

function useProviders(stack: TerraformStack, variables: PlatformVariables): void {
  const hcloud = new HcloudProvider(stack, 'hcloud', {
    token: variables.hcloudToken,
    endpoint: variables.hcloudEndpoint,
    // The provider's own way backs off so far that an action of 20 s is noticed after 31 s
    pollFunction: 'constant',
    pollInterval: '1s',
  });
  for (const provider of [hcloud, new TlsProvider(stack, 'tls')]) takeExactly(provider);
  lockProviders(stack);
}

function createZone(stack: TerraformStack, { cloudflare, certificate }: Environment, keysRevision: Revision): CloudflareZone | undefined {
  if (!cloudflare) return undefined;
  const issuesCertificates = certificate.mode === 'cloudflare-origin' || cloudflare.originPulls?.mode === 'generated';
  return new CloudflareZone(stack, 'cloudflare', { settings: cloudflare, keysRevision, issuesCertificates });
}

function createSite(stack: TerraformStack, environment: Environment, variables: PlatformVariables, proxies?: ProxyRanges): Site {
  const { securityUpdates: updating, rebootWindow } = environment.updates;
  const acme = environment.certificate.mode === 'acme';
  const firewall = hostFirewall({
    site: environment.site,
    connections: [...CONNECTIONS, ...(acme ? ACME_CONNECTIONS : []), ...(updating ? UPDATE_CONNECTIONS : [])],
    waysOut: [...WAYS_OUT, ...(acme ? ACME_WAYS_OUT : []), ...ofApplication(environment.app.outboundRanges)],
    proxied: proxies !== undefined,
  });
  return new Site(stack, 'site', {
    ...environment.site,
    proxies,
    sshPublicKey: variables.sshPublicKey,
    sshPrivateKey: variables.sshPrivateKey,
    sshAdditionalPublicKeys: variables.sshAdditionalPublicKeys,
    sshKeyChecks: variables.sshKeyChecks,
    secretsRevision: variables.secretsRevision,
    securityUpdates: updating,
    hostFiles: (host, peers) => ({ ...firewall(host.tier), ...(updating && securityUpdates(host, peers, rebootWindow)) }),
  });
}

interface Around {
  readonly site: Site;
  readonly variables: PlatformVariables;
  readonly egress: readonly ITerraformDependable[];
  /** Of the TLS between application and database. */
  readonly authority: InternalAuthority;
}

type PrivateTiers = Readonly<Record<'web' | 'app' | 'mysql', readonly ProvisionedServer[]>>;

function createPrivateTiers(stack: TerraformStack, environment: Environment, { site, variables, egress, authority }: Around): PrivateTiers {
  const { application, applicationConnections } = environment;
  const { mysqlAdminPassword, mysqlReplicationPassword, mysqlAppPassword, mysqlRepository: repository } = variables;
  // A secret of its own, which nobody can compute who has one of the others but the first
  const mysqlMigrationPassword =
    application.migrationEntryPoint === undefined ? undefined : Fn.sha256(Fn.join(' ', ['platform migrations', mysqlAdminPassword]));
  const mysql = new MySqlTier(stack, 'mysql', {
    ...environment.mysql,
    site,
    egress,
    applicationConnections,
    repository,
    authority,
    credentials: { mysqlAdminPassword, mysqlReplicationPassword, mysqlAppPassword, mysqlMigrationPassword },
  });
  const app = new AppTier(stack, 'app', {
    ...environment.app,
    site,
    egress,
    application,
    databaseMembers: mysql.endpoints,
    credentials: { mysqlAppPassword, mysqlMigrationPassword, internalCa: authority.certificates },
    internalCaRevision: authority.revision,
    // The application may come with a new password only where the group knows it: its first member has told it by then
    configureAfter: [mysql.firstConfigured],
  });
  mysql.endFormerPasswords(app.servers.map((server) => server.configured));
  const web = new WebTier(stack, 'web', {
    ...environment.web,
    site,
    egress,
    logs: environment.logs,
    upstreams: app.endpoints,
    publicFolder: application.publicFolder,
  });
  return { mysql: mysql.servers, app: app.servers, web: web.servers };
}

function described({ domains, certificate, cloudflare, loadBalancers }: Environment): object {
  return {
    domains,
    certificate: certificate.mode,
    lets_encrypt: certificate.mode === 'acme' && isLetsEncrypt(certificate.directoryUrl),
    cloudflare: cloudflare && { zone: cloudflare.zone, proxied: cloudflare.proxied },
    connections: loadBalancers.limits.connections,
  };
}

/** The application's unit has the same ranges: two walls, as a unit's own is of no use to what breaks out of the unit. */
function ofApplication(ranges: readonly string[]): readonly WayOut[] {
  if (ranges.length === 0) return [];
  return [{ from: 'app', user: DYNAMIC, ...(!ranges.includes('any') && { to: ranges }) }];
}

function keepState(stack: TerraformStack, backend: Backend): void {
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
