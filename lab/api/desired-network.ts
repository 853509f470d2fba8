import { formatAddress, holds, parseAddress, rangeOf } from './cidr';
import { effectiveFirewalls } from './firewall-targets';
import type { DesiredNetwork, DesiredServer, PrivateNet } from './hardware';
import type { Attachment, Network, Server } from './models';
import type { Project } from './project';

/** Derives the network from the project's state. */
export function desiredNetwork(project: Project): DesiredNetwork {
  return {
    servers: project.servers
      .all()
      .filter((server) => server.machine === 'made')
      .map((server) => desiredServer(project, server)),
    routes: project.networks.all().flatMap((network) => network.routes.map((route) => ({ networkRange: network.ipRange, ...route }))),
  };
}

function desiredServer(project: Project, server: Server): DesiredServer {
  const firewalls = effectiveFirewalls(project, server);
  return {
    id: server.id,
    name: server.name,
    publicIpv4: project.primaryIps.all().find((ip) => ip.assigneeId === server.id && ip.type === 'ipv4')?.ip ?? null,
    floatingIps: project.floatingIps
      .all()
      .filter((ip) => ip.serverId === server.id && ip.type === 'ipv4')
      .map((ip) => ip.ip),
    privateNets: server.attachments
      .filter((attachment) => !attachment.pending)
      .map((attachment) => privateNet(project.networks.get(attachment.networkId), attachment)),
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
