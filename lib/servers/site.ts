import type { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import { Fn, Token, type Precondition, type TerraformResourceLifecycle } from 'cdktf';
import { Construct } from 'constructs';
import { Firewall } from '../../.gen/providers/hcloud/firewall';
import { FloatingIp } from '../../.gen/providers/hcloud/floating-ip';
import { Network } from '../../.gen/providers/hcloud/network';
import { NetworkRoute } from '../../.gen/providers/hcloud/network-route';
import { NetworkSubnet } from '../../.gen/providers/hcloud/network-subnet';
import { PlacementGroup } from '../../.gen/providers/hcloud/placement-group';
import { SshKey } from '../../.gen/providers/hcloud/ssh-key';
import { AddressPlan, TIERS, type Endpoint, type Host, type Tier } from '../net/address-plan';
import { refuse } from '../errors';
import { admitsAnyIpv4, ANYWHERE } from '../net/cidr';
import { NETWORK_ZONES, type LocationName } from '../hetzner/locations';
import { PORTS } from '../net/ports';
import { checkSite, type ResolvedSite } from '../settings/site';
import { hostKey } from './host-identity';
import { keep, type Held } from './keep';

/** The settings, as `resolveSite` completes them, and what a site is wired to. */
export interface SiteProps extends ResolvedSite {
  /** Text of the public key (no secret). */
  readonly sshPublicKey: string;
  /** Ephemeral token. */
  readonly sshPrivateKey: string;
  /** Further public keys that may log in, one a line. @default none */
  readonly sshAdditionalPublicKeys?: string;
  /** What the public keys have to be; a plan fails without it. @default anything */
  readonly sshKeyChecks?: readonly Precondition[];
  /** Ranges (tokens of lists) that may reach ports 80 and 443 in addition to `webSources`, known only at apply. @default none */
  readonly proxies?: { readonly ipv4: string[]; readonly ipv6: string[] };
  /** Any text; another text provisions all hosts again, e.g. after a rotation of ephemeral secrets. @default '' */
  readonly secretsRevision?: string;
  /** Whether hosts need what installs security updates. @default false */
  readonly securityUpdates?: boolean;
  /** Files that every host gets, whatever its role: absolute path to text. `peers` are the other hosts of its tier. @default none */
  readonly hostFiles?: (host: Host, peers: readonly Host[]) => Readonly<Record<string, string>>;
}

/** Hetzner's limit for a spread placement group. */
const SERVERS_A_PLACEMENT_GROUP = 10;

const NETWORK_REMEDY =
  'A deploy would take the network away from every server: nothing serves then, and the database has no group. Go back to the range that it has, ' +
  'or build another environment beside this one, with its own namePrefix and range, bring data and names over, and destroy this one. ' +
  "Where all may go, set mayDestroy: ['network'].";

/** What all tiers share: network, addresses, SSH key, placement groups, firewall, and the address that moves. */
export class Site extends Construct {
  readonly plan: AddressPlan;
  readonly namePrefix: string;
  readonly locations: readonly LocationName[];
  readonly image: string;
  readonly sshPrivateKey: string;
  readonly sshUser: string;
  readonly sshTimeoutSeconds: number;
  /** Text of the login user's authorized_keys on every host. */
  readonly authorizedKeys: string;
  readonly resolvers: readonly string[];
  readonly deleteProtection: boolean;
  readonly secretsRevision: string;
  readonly securityUpdates: boolean;
  /** Key of both load balancers: a login by the floating IP meets the same key after a failover. Undefined: not pinned. */
  readonly bastionKey?: PrivateKey;
  readonly network: Network;
  readonly sshKey: SshKey;
  /** Assigned by the load balancer pair; also the way in by SSH to hosts without a public address. */
  readonly floatingIp: FloatingIp;
  /** Filters what reaches the public addresses of the load balancers. Hetzner does not filter private traffic. */
  readonly publicFirewall: Firewall;

  private readonly props: SiteProps;
  private readonly subnets: Readonly<Record<Tier, NetworkSubnet>>;
  private readonly placementGroups = new Map<string, PlacementGroup>();

  constructor(scope: Construct, id: string, props: SiteProps) {
    super(scope, id);
    const { proxies, webSources } = props;
    // Where proxies are let in, nobody else has to be
    refuse(this, checkSite({ ...props, webSources: proxies && webSources.length === 0 ? undefined : webSources }));
    this.props = props;
    this.plan = new AddressPlan(props.network);
    this.namePrefix = props.namePrefix;
    this.locations = props.locations;
    this.image = props.image;
    this.sshPrivateKey = props.sshPrivateKey;
    this.sshUser = props.sshUser;
    this.sshTimeoutSeconds = props.sshTimeoutSeconds;
    this.authorizedKeys = `${props.sshPublicKey}\n${props.sshAdditionalPublicKeys ?? ''}\n`;
    this.resolvers = props.network.resolvers;
    this.deleteProtection = props.deleteProtection;
    this.secretsRevision = props.secretsRevision ?? '';
    this.securityUpdates = props.securityUpdates ?? false;

    this.network = this.createNetwork();
    this.subnets = this.createSubnets();
    this.createRoute();
    this.sshKey = this.createSshKey();
    this.floatingIp = this.createFloatingIp();
    this.publicFirewall = this.createPublicFirewall();
    if (props.pinHostKeys) this.bastionKey = hostKey(this, 'bastion-key', 'bastion');
  }

  /** The first location. */
  get location(): LocationName {
    return this.locations[0] as LocationName;
  }

  /** The first `count` of a tier. */
  hosts(tier: Tier, count: number): readonly Host[] {
    return this.plan.hosts(tier, count);
  }

  /** Where the first `count` hosts of a tier listen at that port. */
  endpoints<T extends Tier>(tier: T, port: keyof (typeof PORTS)[T], count: number): readonly Endpoint[] {
    return this.plan.endpoints(tier, port, count);
  }

  /** Hosts of a tier go to the locations, round and round. */
  locationOf(host: Host): LocationName {
    return this.locations[(host.ordinal - 1) % this.locations.length] as LocationName;
  }

  /** Lifecycle of what a deploy must not destroy unless the settings name it. */
  kept(kept: Held): TerraformResourceLifecycle | undefined {
    return keep(this.props.mayDestroy, kept);
  }

  /** Names in `mayDestroy`. */
  get mayDestroy(): readonly string[] {
    return this.props.mayDestroy;
  }

  /** What is put onto resources at Hetzner. */
  labels(tier?: Tier): Record<string, string> {
    return { 'managed-by': 'terraform', ...(tier && { tier }) };
  }

  /** Of new servers, so that somebody can log in for the first time. */
  get loginCloudConfig(): Readonly<Record<string, unknown>> {
    const { sshUser: name, props } = this;
    if (name === 'root') return {};
    const user = {
      name,
      shell: '/bin/bash',
      sudo: 'ALL=(ALL) NOPASSWD:ALL',
      lock_passwd: true,
      ssh_authorized_keys: [Fn.trimspace(props.sshPublicKey)],
    };
    return { users: [user], disable_root: true };
  }

  /** The part of the network that a tier has. */
  subnet(tier: Tier): NetworkSubnet {
    return this.subnets[tier];
  }

  /** Files that every host gets: absolute path to text. */
  hostFiles(host: Host, peers: readonly Host[]): Readonly<Record<string, string>> {
    return this.props.hostFiles?.(host, peers) ?? {};
  }

  /** Whether ports 80 and 443 of the load balancers are closed to some: what they need of each other is allowed apart then. */
  get limitsWebSources(): boolean {
    return !admitsAnyIpv4(this.props.webSources);
  }

  /** Spread: no two servers of a group on one physical host. */
  placementGroup(host: Host): PlacementGroup {
    const id = `spread-${host.tier}-${Math.ceil(host.ordinal / SERVERS_A_PLACEMENT_GROUP)}`;
    const known = this.placementGroups.get(id);
    if (known) return known;
    const name = `${this.namePrefix}${id}`;
    const group = new PlacementGroup(this, id, { name, type: 'spread', labels: this.labels(host.tier) });
    this.placementGroups.set(id, group);
    return group;
  }

  /** Of what stands for the whole site. */
  private get name(): string {
    return `${this.namePrefix}platform`;
  }

  private createNetwork(): Network {
    const { name, plan, deleteProtection } = this;
    return new Network(this, 'network', {
      name,
      ipRange: plan.networkRange,
      labels: this.labels(),
      deleteProtection,
      lifecycle: this.kept({ name: 'network', attribute: 'ip_range', wanted: plan.networkRange, remedy: NETWORK_REMEDY }),
    });
  }

  private createSubnets(): Readonly<Record<Tier, NetworkSubnet>> {
    const subnet = (tier: Tier) =>
      new NetworkSubnet(this, `subnet-${tier}`, {
        networkId: Token.asNumber(this.network.id),
        type: 'cloud',
        networkZone: NETWORK_ZONES[this.location],
        ipRange: this.plan.subnets[tier],
        lifecycle: this.kept({ name: 'network', attribute: 'ip_range', wanted: this.plan.subnets[tier], remedy: NETWORK_REMEDY }),
      });
    return { lb: subnet('lb'), web: subnet('web'), app: subnet('app'), mysql: subnet('mysql') };
  }

  private createRoute(): void {
    new NetworkRoute(this, 'route', {
      networkId: Token.asNumber(this.network.id),
      destination: '0.0.0.0/0',
      gateway: this.plan.natGateway,
      // Hetzner refuses two changes of one network at the same time, and a gateway must lie in a subnet
      dependsOn: TIERS.map((tier) => this.subnets[tier]),
    });
  }

  private createSshKey(): SshKey {
    const { sshPublicKey: publicKey, sshKeyChecks } = this.props;
    return new SshKey(this, 'ssh-key', {
      name: this.name,
      publicKey,
      labels: this.labels(),
      lifecycle: sshKeyChecks && { precondition: [...sshKeyChecks] },
    });
  }

  private createFloatingIp(): FloatingIp {
    const home = this.props.floatingIpHome ?? this.location;
    const remedy =
      'A deploy would give the address back to Hetzner, and your visitors would have to find another one. To keep it, set floatingIpHome to where it is: ' +
      "it serves all locations of its network zone. To let it go, set mayDestroy: ['floating-ip'], deploy, and change your DNS records.";
    return new FloatingIp(this, 'floating-ip', {
      name: this.name,
      type: 'ipv4',
      homeLocation: home,
      description: 'Public address of the platform; the load balancer pair moves it',
      labels: this.labels(),
      deleteProtection: this.deleteProtection,
      lifecycle: this.kept({ name: 'floating-ip', attribute: 'home_location', wanted: home, remedy }),
    });
  }

  private createPublicFirewall(): Firewall {
    const { proxies, webSources, sshSources } = this.props;
    const web = proxies ? (Fn.concat([[...webSources], proxies.ipv4, proxies.ipv6]) as string[]) : [...webSources];
    const tcp = (port: number, sourceIps: string[]) => ({ direction: 'in', protocol: 'tcp', port: String(port), sourceIps });
    return new Firewall(this, 'public-firewall', {
      name: this.name,
      labels: this.labels('lb'),
      rule: [
        tcp(PORTS.lb.http, web),
        tcp(PORTS.lb.https, web),
        tcp(PORTS.lb.ssh, [...sshSources]),
        { direction: 'in', protocol: 'icmp', sourceIps: [...ANYWHERE] },
      ],
    });
  }
}
