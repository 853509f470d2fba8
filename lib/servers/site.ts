import type { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import { Fn, Token, type ITerraformDependable, type Precondition } from 'cdktf';
import { Construct } from 'constructs';
import { Firewall } from '../../.gen/providers/hcloud/firewall';
import { FloatingIp } from '../../.gen/providers/hcloud/floating-ip';
import { Network } from '../../.gen/providers/hcloud/network';
import { NetworkRoute } from '../../.gen/providers/hcloud/network-route';
import { NetworkSubnet } from '../../.gen/providers/hcloud/network-subnet';
import { PlacementGroup } from '../../.gen/providers/hcloud/placement-group';
import { SshKey } from '../../.gen/providers/hcloud/ssh-key';
import { AddressPlan, TIERS, type Endpoint, type Host, type Tier } from '../net/address-plan';
import { admitsAnyIpv4 } from '../net/cidr';
import { NETWORK_ZONES, type LocationName } from '../hetzner/locations';
import { PORTS } from '../net/ports';
import { RESOLVERS } from '../net/resolvers';
import { hostKey } from './host-identity';
import { DEFAULT_IMAGE } from '../hetzner/images';
import type { ProvisioningStep } from './provisioning-step';
import { ServerStock } from './server-stock';

/** What is the same for all tiers. */
export interface SiteProps {
  /** Before every name in the Hetzner project, e.g. `shop-`. @default '' */
  readonly namePrefix?: string;
  /** Locations of one network zone; host n of a tier goes to the n-th, round and round. @default ['fsn1'] */
  readonly locations?: readonly LocationName[];
  /** @default debian-13 */
  readonly image?: string;
  /** @default 10.0.0.0/16 */
  readonly networkRange?: string;
  /** @default the /24s number 1 to 4 of the network's range */
  readonly subnets?: Partial<Record<Tier, string>>;
  /** Name servers of hosts without a public address. @default Hetzner's */
  readonly resolvers?: readonly string[];
  /** Text of the public key (no secret). */
  readonly sshPublicKey: string;
  /** Ephemeral token. */
  readonly sshPrivateKey: string;
  /** Who logs in; another than root is made with the server, and has all rights by sudo without a password. @default root */
  readonly sshUser?: string;
  /** Public keys that may log in besides, one a line. @default none */
  readonly sshAdditionalPublicKeys?: string;
  /** What the public keys have to be; a plan fails without it. @default anything */
  readonly sshKeyChecks?: readonly Precondition[];
  /** Ranges that may reach SSH on the load balancers. @default any */
  readonly sshSources?: readonly string[];
  /** Ranges that may reach ports 80 and 443 on the load balancers. @default any */
  readonly webSources?: readonly string[];
  /** Ranges (tokens of lists) that may do so besides, known only at apply. @default none */
  readonly proxies?: { readonly ipv4: string[]; readonly ipv6: string[] };
  /** Delete protection for servers, volumes, network and floating IP, rebuild protection for servers. @default false */
  readonly deleteProtection?: boolean;
  /** Any text; another text provisions all hosts again, e.g. after a rotation of ephemeral secrets. @default '' */
  readonly secretsRevision?: string;
  /** Every login, the first as well, fails unless the server shows its key; for servers that are made from now on. @default true */
  readonly pinHostKeys?: boolean;
  /** How long a deploy tries to reach a server, in seconds. @default 300 */
  readonly sshTimeoutSeconds?: number;
  /** Whether hosts need what installs security updates. @default false */
  readonly securityUpdates?: boolean;
  /** Files that every host gets, whatever its role: absolute path to text. `peers` are the other hosts of its tier. @default none */
  readonly hostFiles?: (host: Host, peers: readonly Host[]) => Readonly<Record<string, string>>;
}

export const ANYWHERE: readonly string[] = ['0.0.0.0/0', '::/0'];

/** Hetzner's limit for a spread placement group. */
const SERVERS_A_PLACEMENT_GROUP = 10;

/** What all tiers share: network, addresses, SSH key, placement groups, firewall, and the address that moves. */
export class Site extends Construct {
  readonly plan: AddressPlan;
  readonly namePrefix: string;
  /** The first location: home of the floating IP. */
  readonly location: LocationName;
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
  /** Key of both load balancers: whoever logs in by the floating IP meets the same one after a failover. Undefined: not pinned. */
  readonly bastionKey?: PrivateKey;
  readonly network: Network;
  readonly sshKey: SshKey;
  /** Assigned by the load balancer pair; also the way in by SSH to hosts without a public address. */
  readonly floatingIp: FloatingIp;
  /** Filters what reaches the public addresses of the load balancers. Hetzner does not filter private traffic. */
  readonly publicFirewall: Firewall;
  /** Told of every server, so that a plan fails for those that cannot be had. */
  readonly stock: ServerStock;

  private readonly props: SiteProps;
  private readonly locations: readonly LocationName[];
  private readonly subnets: Readonly<Record<Tier, NetworkSubnet>>;
  private readonly placementGroups = new Map<string, PlacementGroup>();
  private readonly egressProviders: ITerraformDependable[] = [];
  private readonly egressUsers: ProvisioningStep[] = [];

  constructor(scope: Construct, id: string, props: SiteProps) {
    super(scope, id);
    this.props = props;
    this.plan = new AddressPlan(props);
    this.namePrefix = props.namePrefix ?? '';
    this.locations = props.locations ?? ['fsn1'];
    this.location = this.locations[0] ?? 'fsn1';
    this.image = props.image ?? DEFAULT_IMAGE;
    this.sshPrivateKey = props.sshPrivateKey;
    this.sshUser = props.sshUser ?? 'root';
    this.sshTimeoutSeconds = props.sshTimeoutSeconds ?? 300;
    this.authorizedKeys = `${props.sshPublicKey}\n${props.sshAdditionalPublicKeys ?? ''}\n`;
    this.resolvers = props.resolvers ?? RESOLVERS;
    this.deleteProtection = props.deleteProtection ?? false;
    this.secretsRevision = props.secretsRevision ?? '';
    this.securityUpdates = props.securityUpdates ?? false;

    this.stock = new ServerStock(this, 'stock');
    const protection = { deleteProtection: this.deleteProtection };
    const name = `${this.namePrefix}platform`;
    this.network = new Network(this, 'network', { name, ipRange: this.plan.networkRange, labels: this.labels(), ...protection });
    const subnet = (tier: Tier) =>
      new NetworkSubnet(this, `subnet-${tier}`, {
        networkId: Token.asNumber(this.network.id),
        type: 'cloud',
        networkZone: NETWORK_ZONES[this.location],
        ipRange: this.plan.subnets[tier],
      });
    this.subnets = { lb: subnet('lb'), web: subnet('web'), app: subnet('app'), mysql: subnet('mysql') };
    new NetworkRoute(this, 'route', {
      networkId: Token.asNumber(this.network.id),
      destination: '0.0.0.0/0',
      gateway: this.plan.natGateway,
      // Hetzner refuses two changes of one network at the same time, and a gateway must lie in a subnet
      dependsOn: TIERS.map((tier) => this.subnets[tier]),
    });
    this.sshKey = new SshKey(this, 'ssh-key', {
      name,
      publicKey: props.sshPublicKey,
      labels: this.labels(),
      lifecycle: props.sshKeyChecks && { precondition: [...props.sshKeyChecks] },
    });
    this.floatingIp = new FloatingIp(this, 'floating-ip', {
      name,
      type: 'ipv4',
      homeLocation: this.location,
      description: 'Public address of the platform; the load balancer pair moves it',
      labels: this.labels(),
      ...protection,
    });
    this.publicFirewall = this.createPublicFirewall(name);
    if (props.pinHostKeys ?? true) this.bastionKey = hostKey(this, 'bastion-key', 'bastion');
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
    return this.locations[(host.ordinal - 1) % this.locations.length] ?? this.location;
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
    return !admitsAnyIpv4(this.props.webSources ?? ANYWHERE);
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

  /** Hosts without a public address are installed after these steps: before, they cannot reach a package mirror. */
  provideEgress(steps: readonly ITerraformDependable[]): void {
    this.egressProviders.push(...steps);
    for (const user of this.egressUsers) steps.forEach((step) => user.after(step));
  }

  /** Runs the step after those of `provideEgress`, whichever is called first. */
  needEgress(step: ProvisioningStep): void {
    this.egressUsers.push(step);
    this.egressProviders.forEach((provider) => step.after(provider));
  }

  private createPublicFirewall(name: string): Firewall {
    const { proxies, webSources = ANYWHERE } = this.props;
    const web = proxies ? (Fn.concat([[...webSources], proxies.ipv4, proxies.ipv6]) as string[]) : [...webSources];
    const ssh = [...(this.props.sshSources ?? ANYWHERE)];
    const tcp = (port: number, sourceIps: string[]) => ({ direction: 'in', protocol: 'tcp', port: String(port), sourceIps });
    return new Firewall(this, 'public-firewall', {
      name,
      labels: this.labels('lb'),
      rule: [
        tcp(PORTS.lb.http, web),
        tcp(PORTS.lb.https, web),
        tcp(PORTS.lb.ssh, ssh),
        { direction: 'in', protocol: 'icmp', sourceIps: [...ANYWHERE] },
      ],
    });
  }
}
