import { formatAddress, formatRange, rangeOf, type Range } from './cidr';
import { PORTS } from './ports';

/** Each is a kind of server, with a subnet of its own. */
export const TIERS = ['lb', 'web', 'app', 'mysql'] as const;
/** One of {@link TIERS}; `mysql` is that of the database. */
export type Tier = (typeof TIERS)[number];

/** A server as the address plan knows it. */
export interface Host {
  /** `web-1`: host name, construct id, and (behind the name prefix) the name of the Hetzner server. */
  readonly name: string;
  readonly tier: Tier;
  /** Counts from 1. */
  readonly ordinal: number;
  /** Private IPv4 address. */
  readonly address: string;
}

/** Where something listens in the private network. */
export interface Endpoint {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

const HOST_NAMES: Record<Tier, string> = { lb: 'lb', web: 'web', app: 'app', mysql: 'db' };
/** Host 1 has the subnet's eleventh address: room below for addresses that belong to no host. */
const HOSTS_START_AT = 10;
const NAT_GATEWAY_AT = 10;

export const NETWORK_RANGE = '10.0.0.0/16';

/** Ranges in CIDR notation. */
export interface AddressPlanProps {
  /** Of the network. @default NETWORK_RANGE */
  readonly range?: string;
  /** @default the /24s number 1 (lb), 2 (web), 3 (app) and 4 (mysql) of the network's range */
  readonly subnets?: Partial<Record<Tier, string>>;
}

/**
 * Every private address of the platform, known before anything is deployed, so that configuration files are
 * plain text. The ranges are checked in lib/settings/site.ts; here they are taken as they are.
 */
export class AddressPlan {
  readonly networkRange: string;
  /** The network's own gateway, its first address. Hetzner answers ARP for nothing else. */
  readonly gateway: string;
  /** Alias address that moves with the floating IP; the route to the Internet of all private hosts. */
  readonly natGateway: string;
  readonly subnets: Readonly<Record<Tier, string>>;

  constructor({ range = NETWORK_RANGE, subnets }: AddressPlanProps = {}) {
    const network = rangeOf(range);
    this.networkRange = formatRange(network);
    this.gateway = formatAddress(network.first + 1);
    this.subnets = { ...defaultSubnets(network), ...subnets };
    this.natGateway = formatAddress(rangeOf(this.subnets.lb).first + NAT_GATEWAY_AT);
  }

  /** The one with this number; they count from 1. */
  host(tier: Tier, ordinal: number): Host {
    const address = formatAddress(rangeOf(this.subnets[tier]).first + HOSTS_START_AT + ordinal);
    return { name: `${HOST_NAMES[tier]}-${ordinal}`, tier, ordinal, address };
  }

  /** The first `count`. */
  hosts(tier: Tier, count: number): readonly Host[] {
    return Array.from({ length: count }, (_, index) => this.host(tier, index + 1));
  }

  /** Where the first `count` hosts listen at that port. */
  endpoints<T extends Tier>(tier: T, port: keyof (typeof PORTS)[T], count: number): readonly Endpoint[] {
    return this.hosts(tier, count).map((host) => endpoint(host, PORTS[tier][port] as number));
  }
}

export function endpoint(host: Host, port: number): Endpoint {
  return { name: host.name, address: host.address, port };
}

function defaultSubnets(network: Range): Record<Tier, string> {
  const subnet = (index: number) => formatRange({ first: network.first + index * 256, prefix: 24 });
  return { lb: subnet(1), web: subnet(2), app: subnet(3), mysql: subnet(4) };
}
