import type { DesiredNetwork, DesiredServer, PrivateNet } from '../api/hardware';

/** Addresses of services on the router; none of these is a machine. */
export const SERVICES = { api: '198.51.100.10', cloudflare: '198.51.100.30', metadata: '169.254.169.254' } as const;
/** Hetzner's own name servers (docs.hetzner.com/dns-console/dns/general/recursive-name-servers). Nothing else in the lab answers DNS. */
export const RESOLVERS = ['185.12.64.1', '185.12.64.2'] as const;
/** Text of /etc/resolv.conf. */
export const resolvConf = (addresses: readonly string[]): string => addresses.map((address) => `nameserver ${address}\n`).join('');
/** Sites with packages, each at an address of its own: see lab/names/mirror.ts. */
export const SITES = {
  'mirror.hetzner.com': '198.51.100.20',
  'deb.debian.org': '198.51.100.21',
  'security.debian.org': '198.51.100.22',
  'repo.mysql.com': '198.51.100.23',
} as const;
export type Site = keyof typeof SITES;
/** The one zone of the emulated Cloudflare account. */
export const CLOUDFLARE_ZONE = 'example.test';
export const CLIENT_ADDRESS = '192.0.2.10';
export const CLIENT_GATEWAY = '192.0.2.1';
/**
 * Addresses of the emulated Cloudflare's edge, inside the ranges that Cloudflare publishes: for visitors, and for connections to
 * origins.
 */
export const EDGE = { address: '104.16.0.10', gateway: '104.16.0.1', towardsOrigins: '162.158.0.10' } as const;
export const PUBLIC_GATEWAY = '172.31.1.1';
/** All names of the lab's Internet except those of the zone. The last one answers only while a test runs an ACME server. */
export const HOSTS: Readonly<Record<string, string>> = {
  'api.hetzner.cloud': SERVICES.api,
  'api.cloudflare.com': SERVICES.cloudflare,
  ...SITES,
  'acme-v02.api.letsencrypt.org': CLIENT_ADDRESS,
};

/** A cable between the router and a machine. `device` is its end in the router, `guestDevice` its end in the machine. */
export interface Link {
  readonly device: string;
  readonly guestDevice: string;
  readonly kind: 'public' | 'private';
  readonly address: string;
  readonly gateway: string;
  readonly macAddress: string;
  readonly mtu: number;
  /** Further addresses routed to this link and never configured in the machine: floating IPs, alias IPs. */
  readonly moreAddresses: readonly string[];
  /** Routing table of the private network; null: the public side. */
  readonly table: number | null;
  readonly range: string | null;
}

/** Routing tables and their marks are assigned in the order in which networks appear, and kept. */
export class NetworkTables {
  readonly #tables = new Map<number, number>();
  of(networkId: number): number {
    const table = this.#tables.get(networkId) ?? 1000 + this.#tables.size;
    this.#tables.set(networkId, table);
    return table;
  }
}

/** The public interface is eth0, private ones enp7s0, enp8s0, ... in the order of attachment, as on Hetzner's shared vCPU types. */
export function linksOf(server: DesiredServer, tables: NetworkTables): Link[] {
  const links: Link[] = [];
  if (server.publicIpv4 !== null) {
    links.push({
      device: `p${server.id}`,
      guestDevice: 'eth0',
      kind: 'public',
      address: server.publicIpv4,
      gateway: PUBLIC_GATEWAY,
      macAddress: publicMacAddress(server.id),
      mtu: 1500,
      moreAddresses: server.floatingIps,
      table: null,
      range: null,
    });
  }
  server.privateNets.forEach((net, index) => links.push(privateLink(server.id, net, index, tables.of(net.networkId))));
  return links;
}

const privateLink = (serverId: number, net: PrivateNet, index: number, table: number): Link => ({
  device: `n${serverId}.${index}`,
  guestDevice: `enp${7 + index}s0`,
  kind: 'private',
  address: net.ip,
  gateway: net.gateway,
  macAddress: net.macAddress,
  mtu: 1450,
  moreAddresses: net.aliasIps,
  table,
  range: net.networkRange,
});

function publicMacAddress(serverId: number): string {
  const octets = [serverId >>> 16, serverId >>> 8, serverId].map((part) => (part & 0xff).toString(16).padStart(2, '0'));
  return `96:00:00:${octets.join(':')}`;
}

/** `ip` commands in the router's namespace that lay the cable. The other end appears in the machine's namespace. */
export const layCable = (link: Link, machineNamespace: string): string[] => [
  `link add ${link.device} mtu ${link.mtu} type veth peer name ${link.guestDevice} address ${link.macAddress} mtu ${link.mtu} netns ${machineNamespace}`,
  `address add ${link.gateway}/32 dev ${link.device}`,
  `link set ${link.device} up`,
];

/** `ip` commands in the machine's namespace: what Hetzner's DHCP would configure. No default route on the private side. */
export function configureGuest(link: Link, alone: boolean): string[] {
  const device = link.guestDevice;
  const common = [
    `link set ${device} up`,
    `address replace ${link.address}/32 dev ${device}`,
    `route replace ${link.gateway}/32 dev ${device}`,
  ];
  if (link.kind === 'public') return [...common, `route replace default via ${link.gateway} dev ${device}`];
  return [
    ...common,
    `route replace ${link.range} via ${link.gateway} dev ${device}`,
    ...(alone ? [`route replace ${SERVICES.metadata}/32 via ${link.gateway} dev ${device}`] : []),
  ];
}

/**
 * Routes of the router, as arguments of `ip route replace`. The neighbour entries beside them stand for Hetzner's way of
 * sending to a machine without asking: a machine gets what is routed to it whether it has configured the address or not.
 */
export function routerRoutes(links: readonly Link[], routes: DesiredNetwork['routes']): { routes: string[]; neighbours: string[] } {
  const result = { routes: [] as string[], neighbours: [] as string[] };
  const inTable = (link: Link) => (link.table === null ? '' : ` table ${link.table}`);
  for (const link of links) {
    for (const address of [link.address, ...link.moreAddresses]) {
      result.routes.push(`${address}/32 dev ${link.device}${inTable(link)}`);
      result.neighbours.push(`${address} dev ${link.device} lladdr ${link.macAddress} nud permanent`);
    }
  }
  for (const table of new Set(links.flatMap((link) => (link.table === null ? [] : [link.table])))) {
    const inside = links.filter((link) => link.table === table);
    for (const local of new Set([SERVICES.metadata, ...inside.map((link) => link.gateway)])) {
      result.routes.push(`local ${local}/32 dev lo table ${table}`);
    }
    // As in Hetzner's network, packets to absent addresses vanish
    result.routes.push(`blackhole default metric 9999 table ${table}`);
    for (const { networkRange, destination, gateway } of routes) {
      const via = inside.find((link) => link.range === networkRange && [link.address, ...link.moreAddresses].includes(gateway));
      const target = destination === '0.0.0.0/0' ? 'default' : destination;
      if (via) result.routes.push(`${target} via ${gateway} dev ${via.device} onlink table ${table}`);
    }
  }
  return result;
}
