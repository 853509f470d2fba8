/** Subnets and routes of a network, and the rules for private addresses. */
import { z } from 'zod';
import { NETWORK_ZONES } from './catalogue';
import { contains, formatAddress, formatRange, holds, overlap, parseAddress, parseRange, rangeOf } from './cidr';
import type { Range } from './cidr';
import { gatewayOf } from './desired-network';
import { invalidInput, refused } from './errors';
import type { Network, Route, Server, Subnet } from './models';
import type { Project } from './project';

export const subnetSchema = z.strictObject({
  // vswitch subnets lead to dedicated servers, which the emulator does not have
  type: z.enum(['cloud', 'server']),
  network_zone: z.string(),
  ip_range: z.string().optional(),
  // read-only, but older clients send it empty
  gateway: z.literal('').optional(),
});
export const routeSchema = z.strictObject({ destination: z.string(), gateway: z.string() });

/** Reserved on every Hetzner network: the gateway of the public side. */
const PUBLIC_GATEWAY = parseAddress('172.31.1.1')!;

export function newSubnet(network: Network, wanted: z.output<typeof subnetSchema>): Subnet {
  if (!NETWORK_ZONES.includes(wanted.network_zone))
    throw invalidInput('network_zone', `network zone '${wanted.network_zone}' does not exist`);
  const range = wanted.ip_range === undefined ? firstFree24(network) : parseRange(wanted.ip_range);
  if (!range || range.prefix > 30) throw invalidInput('ip_range', 'must be an IPv4 range of at least /30 without host bits');
  if (!contains(rangeOf(network.ipRange), range)) throw invalidInput('ip_range', `is not in the network's range ${network.ipRange}`);
  const clash = network.subnets.find((subnet) => overlap(rangeOf(subnet.ipRange), range));
  if (clash) throw invalidInput('ip_range', `overlaps with subnet ${clash.ipRange}`);
  return { type: wanted.type, ipRange: formatRange(range), networkZone: wanted.network_zone };
}

function firstFree24(network: Network): Range {
  const whole = rangeOf(network.ipRange);
  for (let first = whole.first; first + 255 <= whole.last; first += 256) {
    const range: Range = { first, last: first + 255, prefix: 24 };
    if (!network.subnets.some((subnet) => overlap(rangeOf(subnet.ipRange), range))) return range;
  }
  throw refused('no_subnet_available', 'no free /24 is left in the network');
}

/** The gateway need not belong to a server. */
export function checkRoute(network: Network, { destination, gateway }: Route): void {
  const range = parseRange(destination);
  if (!range) throw invalidInput('destination', 'must be an IPv4 range without host bits');
  const isDefault = range.prefix === 0;
  const subnet = network.subnets.find((each) => !isDefault && overlap(rangeOf(each.ipRange), range));
  if (subnet) throw invalidInput('destination', `overlaps with subnet ${subnet.ipRange}`);
  const clash = network.routes.find((each) => each.destination === destination || (!isDefault && overlaps(each.destination, range)));
  if (clash) throw invalidInput('destination', `overlaps with the route to ${clash.destination}`);
  const address = parseAddress(gateway);
  if (address === null || !holds(rangeOf(network.ipRange), address))
    throw invalidInput('gateway', `is not in the network's range ${network.ipRange}`);
  if (gateway === gatewayOf(network) || address === PUBLIC_GATEWAY) throw invalidInput('gateway', 'is reserved');
}

const overlaps = (destination: string, range: Range): boolean => {
  const other = rangeOf(destination);
  return other.prefix > 0 && overlap(other, range);
};

/** Those of the network zone that the server is in. */
const usableSubnets = (network: Network, server: Server): readonly Subnet[] =>
  network.subnets.filter((subnet) => subnet.networkZone === server.location.network_zone);

/** @throws no_subnet_available, ip_not_available */
export function checkAddress(project: Project, network: Network, server: Server, ip: string, field: string): void {
  const address = parseAddress(ip);
  if (address === null) throw invalidInput(field, `'${ip}' is not an IPv4 address`);
  const subnet = usableSubnets(network, server).find((each) => holds(rangeOf(each.ipRange), address));
  if (!subnet) throw refused('no_subnet_available', `no subnet of network '${network.name}' holds ${ip}`);
  if (isReserved(network, subnet, address) || isTaken(project, network, ip, server)) {
    throw refused('ip_not_available', `ip ${ip} is not available`);
  }
}

/** Without a wish: the next free address in `ipRange`, else in the last subnet ordered by range. */
export function freeAddress(project: Project, network: Network, server: Server, ipRange: string | undefined): string {
  const candidates = usableSubnets(network, server)
    .filter((subnet) => ipRange === undefined || subnet.ipRange === ipRange)
    .sort((one, other) => rangeOf(other.ipRange).first - rangeOf(one.ipRange).first);
  const subnet = candidates[0];
  if (!subnet) throw refused('no_subnet_available', `network '${network.name}' has no subnet for this server`);
  const range = rangeOf(subnet.ipRange);
  for (let address = range.first; address <= range.last; address++) {
    const ip = formatAddress(address);
    if (!isReserved(network, subnet, address) && !isTaken(project, network, ip)) return ip;
  }
  throw refused('ip_not_available', `subnet ${subnet.ipRange} is full`);
}

function isReserved(network: Network, subnet: Subnet, address: number): boolean {
  const { first, last } = rangeOf(subnet.ipRange);
  return address === first || address === last || address === PUBLIC_GATEWAY || formatAddress(address) === gatewayOf(network);
}

/** @param except its alias addresses do not count, as they may be given again; its own address does */
export function isTaken(project: Project, network: Network, ip: string, except?: Server): boolean {
  return project.servers
    .all()
    .some((server) =>
      server.attachments.some(
        (attachment) =>
          attachment.networkId === network.id && (attachment.ip === ip || (server !== except && attachment.aliasIps.includes(ip))),
      ),
    );
}
