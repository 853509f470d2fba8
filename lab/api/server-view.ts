import { effectiveFirewalls } from './firewall-targets';
import { renderImage } from './images';
import type { PrimaryIp, Server } from './models';
import { renderPlacementGroup } from './placement-groups';
import { renderPointers } from './public-addresses';
import { isLocked } from './server-status';
import { renderServerType } from './server-types';
import type { Project } from './project';

const INCLUDED_TRAFFIC_BYTES = 20 * 1024 ** 4;

export function renderServer(project: Project, server: Server): object {
  const group = project.placementGroups.find(server.placementGroup);
  return {
    id: server.id,
    name: server.name,
    status: server.status,
    server_type: renderServerType(project, server.serverType),
    location: server.location,
    image: renderImage(server.image),
    iso: null,
    rescue_enabled: false,
    locked: isLocked(project, server),
    backup_window: null,
    outgoing_traffic: 0,
    ingoing_traffic: 0,
    included_traffic: INCLUDED_TRAFFIC_BYTES,
    protection: { delete: server.deleteProtection, rebuild: server.rebuildProtection },
    labels: server.labels,
    volumes: project.volumes
      .all()
      .filter((volume) => volume.serverId === server.id)
      .map((volume) => volume.id),
    load_balancers: [],
    primary_disk_size: server.primaryDiskSize,
    created: server.created,
    private_net: server.attachments
      .filter((attachment) => !attachment.pending)
      .map(({ networkId, ip, aliasIps, macAddress }) => ({ network: networkId, ip, alias_ips: aliasIps, mac_address: macAddress })),
    public_net: renderPublicNet(project, server),
    placement_group: group ? renderPlacementGroup(project, group) : null,
  };
}

/** Both families are always there, null for none: clients stumble over absent ones. */
function renderPublicNet(project: Project, server: Server): object {
  const own = project.primaryIps.all().filter((ip) => ip.assigneeId === server.id);
  const ipv4 = own.find((ip) => ip.type === 'ipv4');
  const ipv6 = own.find((ip) => ip.type === 'ipv6');
  const common = ({ id, ip }: PrimaryIp): object => ({ id, ip, blocked: false });
  return {
    ipv4: ipv4 ? { ...common(ipv4), dns_ptr: renderPointers(ipv4)[0]!.dns_ptr } : null,
    ipv6: ipv6 ? { ...common(ipv6), dns_ptr: renderPointers(ipv6) } : null,
    floating_ips: project.floatingIps
      .all()
      .filter((ip) => ip.serverId === server.id)
      .map((ip) => ip.id),
    firewalls: effectiveFirewalls(project, server).map(({ id }) => ({
      id,
      status: isPending(project, id, server) ? 'pending' : 'applied',
    })),
  };
}

const isPending = (project: Project, firewallId: number, server: Server): boolean =>
  project.actions
    .all()
    .some(
      (action) =>
        action.status === 'running' &&
        action.command === 'apply_firewall' &&
        action.concerns('firewall', firewallId) &&
        action.concerns('server', server.id),
    );
