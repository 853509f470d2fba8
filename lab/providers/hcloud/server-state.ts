import { isObject, type ObjectValue, type State } from '../protocol/value';
import type { Server } from './api-types';
import { labelsOf, list, number, objects, text } from './common';
import { networkIdOf } from './server-networks';

/** A server as Terraform stores it; `known` is what it knows already. */
export function serverAttributes(server: Server, known: State): State {
  const { ipv4, ipv6 } = server.public_net;
  const ipv6Network = ipv6?.ip ?? null;
  return {
    id: String(server.id),
    name: server.name,
    location: server.location.name,
    status: server.status,
    server_type: server.server_type.name,
    ipv4_address: ipv4?.ip ?? '',
    ipv6_address: ipv6Network === null ? '' : `${ipv6Network.split('/')[0] ?? ''}1`,
    ipv6_network: ipv6Network ?? '<nil>',
    backup_window: server.backup_window ?? '',
    backups: (server.backup_window ?? '') !== '',
    labels: labelsOf(server.labels),
    delete_protection: server.protection.delete,
    rebuild_protection: server.protection.rebuild ?? false,
    firewall_ids: server.public_net.firewalls.map(({ id }) => id),
    primary_disk_size: server.primary_disk_size,
    placement_group_id: server.placement_group?.id ?? 0,
    ...imageAttribute(server, text(known['image'])),
    // Only what the configuration attaches inline: other attachments are hcloud_server_network's.
    ...(list(known['network']).length > 0
      ? { network: server.private_net.map((attachment) => networkState(attachment, objects(known['network']))) }
      : {}),
  };
}

function imageAttribute({ image }: Server, known: string): State {
  if (image === null) return {};
  return { image: image.name && String(image.id) !== known ? image.name : String(image.id) };
}

/** An attachment in the form that the configuration chose: by network or by subnet. */
function networkState(attachment: Server['private_net'][number], blocks: readonly ObjectValue[]): ObjectValue {
  const block = blocks.filter(isObject).find((each) => networkIdOf(each) === attachment.network);
  const subnetId = text(block?.['subnet_id']);
  return {
    ip: attachment.ip,
    mac_address: attachment.mac_address,
    alias_ips: attachment.alias_ips,
    network_id: block !== undefined && networkIdOf(block) !== 0 ? number(attachment.network) : 0,
    subnet_id: subnetId,
  };
}
