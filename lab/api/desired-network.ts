import { formatAddress, holds, parseAddress, rangeOf } from './cidr';
import { effectiveFirewalls } from './firewall-targets';
import type { DesiredNetwork, DesiredServer, PrivateNet } from './hardware';
import type { Attachment, Network, Server } from './models';
import type { World } from './world';

/** Derives the network from the project's state. */
export function desiredNetwork(world: World): DesiredNetwork {
  return {
    servers: world.servers
      .all()
      .filter((server) => server.machine === 'made')
      .map((server) => desiredServer(world, server)),
    routes: world.networks.all().flatMap((network) => network.routes.map((route) => ({ networkRange: network.ipRange, ...route }))),
  };
}

function desiredServer(world: World, server: Server): DesiredServer {
  const firewalls = effectiveFirewalls(world, server);
  return {
    id: server.id,
    name: server.name,
    publicIpv4: world.primaryIps.all().find((ip) => ip.assigneeId === server.id && ip.type === 'ipv4')?.ip ?? null,
    floatingIps: world.floatingIps
      .all()
      .filter((ip) => ip.serverId === server.id && ip.type === 'ipv4')
      .map((ip) => ip.ip),
    privateNets: server.attachments
      .filter((attachment) => !attachment.pending)
      .map((attachment) => privateNet(world.networks.get(attachment.networkId), attachment)),
    firewallRules: firewalls.length === 0 ? null : firewalls.flatMap((firewall) => firewall.rules),
  };
}

function privateNet(network: Network, { ip, aliasIps, macAddress }: Attachment): PrivateNet {
  const subnet = network.subnets.find((each) => holds(rangeOf(each.ipRange), parseAddress(ip)!));
  return {
    networkId: network.id,
    networkName: network.name,
    networkRange: network.ipRange,
    subnetRange: subnet?.ipRange ?? network.ipRange,
    gateway: gatewayOf(network),
    ip,
    aliasIps,
    macAddress,
  };
}

/** The first address of the whole network is the gateway of every subnet. */
export const gatewayOf = (network: Network): string => formatAddress(rangeOf(network.ipRange).first + 1);
