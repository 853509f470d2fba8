import { failure, ProviderError } from '../protocol/diagnostics';
import { canonical, isObject, isWhollyKnown, type ObjectValue, type Value } from '../protocol/value';
import { contains, isAddress, parseCidr } from '../addresses';
import type { Server } from './api-types';
import type { HcloudClient } from './client';
import { act, list, number, objects, text, texts, unlessZero, type ActionAnswer } from './common';
import { at, hasCode } from './errors';
import { parseSubnetId } from './network-subnet';
import { retrying } from './retry';
import { attach } from './server-network';

/** The network of one `network` block of a server: 0 while it is not known. */
export function networkIdOf(block: ObjectValue): number {
  const subnet = text(block['subnet_id']) === '' ? null : parseSubnetId(text(block['subnet_id']));
  return subnet?.networkId ?? number(block['network_id']);
}

export function checkNetworks(configured: Value | undefined, planned: Value | undefined): void {
  const refuse = (message: string): never => {
    throw new ProviderError(failure(message));
  };
  if (isWhollyKnown(configured ?? null)) {
    for (const block of objects(configured)) {
      if (block['network_id'] === null && block['subnet_id'] === null) refuse('must specify either network_id or subnet_id');
    }
  }
  const seen = new Set<number>();
  for (const block of objects(planned)) {
    const subnetId = text(block['subnet_id']);
    const subnet = subnetId === '' ? null : parseSubnetId(subnetId);
    if (subnetId !== '' && subnet === null) continue;
    if (subnet !== null) {
      const given = number(block['network_id']);
      if (given !== 0 && given !== subnet.networkId)
        refuse(`subnet_id (${subnetId}) does not belong to the specified network_id (${given})`);
      const range = parseCidr(subnet.range);
      const ip = text(block['ip']);
      if (isAddress(ip) && range !== null && !contains(range, ip)) refuse(`server IP (${ip}) is outside subnet IP range (${subnet.range})`);
    }
    const network = networkIdOf(block);
    if (network !== 0 && seen.has(network)) refuse(`server is only allowed to be attached to each network once: ${network}`);
    if (network !== 0) seen.add(network);
  }
}

export async function attachInline(api: HcloudClient, serverId: number, block: Value, signal: AbortSignal): Promise<void> {
  if (!isObject(block)) return;
  const place = 'hcloud/inlineAttachServerToNetwork';
  const subnet = text(block['subnet_id']) === '' ? null : parseSubnetId(text(block['subnet_id']));
  const network = networkIdOf(block);
  if (network === 0) throw at(place, new Error('either subnet_id or network_id must be set'));
  const body = {
    network,
    ...unlessZero('ip', text(block['ip'])),
    ...unlessZero('ip_range', subnet?.range ?? null),
    ...unlessZero('alias_ips', texts(block['alias_ips'])),
  };
  try {
    const { action } = await attach(() => api.post<ActionAnswer>(`/servers/${serverId}/actions/attach_to_network`, body, signal), signal);
    await api.wait([action], signal);
  } catch (error) {
    throw at(place, at('attach server to network', error));
  }
}

/** Brings the attachments of a server to what its `network` blocks say. */
export async function updateNetworks(api: HcloudClient, server: Server, planned: Value | undefined, signal: AbortSignal): Promise<void> {
  const wanted = new Map(objects(planned).map((block) => [networkIdOf(block), block]));
  for (const attachment of server.private_net) {
    const block = wanted.get(attachment.network);
    wanted.delete(attachment.network);
    if (block === undefined) {
      await detach(api, server.id, attachment.network, signal);
    } else if (text(block['ip']) !== attachment.ip) {
      // An address cannot be changed, only the attachment made anew.
      await detach(api, server.id, attachment.network, signal);
      await attachInline(api, server.id, block, signal);
    } else if (canonical(list(block['alias_ips']), ['set', 'string']) !== canonical(attachment.alias_ips, ['set', 'string'])) {
      await changeAliasIps(api, server.id, attachment.network, texts(block['alias_ips']), signal);
    }
  }
  for (const block of wanted.values()) await attachInline(api, server.id, block, signal);
}

async function changeAliasIps(
  api: HcloudClient,
  serverId: number,
  network: number,
  aliasIps: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  try {
    await act(api, `/servers/${serverId}/actions/change_alias_ips`, { network, alias_ips: aliasIps }, signal);
  } catch (error) {
    throw at('hcloud/updateServerInlineNetworkAttachments', at('hcloud/updateServerAliasIPs', error));
  }
}

async function detach(api: HcloudClient, serverId: number, network: number, signal: AbortSignal): Promise<void> {
  const send = (): Promise<ActionAnswer> => api.post(`/servers/${serverId}/actions/detach_from_network`, { network }, signal);
  try {
    const { action } = await retrying(send, {
      tries: 5,
      signal,
      retryIf: (error) => hasCode(error, 'conflict', 'locked', 'service_error'),
    });
    await api.wait([action], signal);
  } catch (error) {
    if (!hasCode(error, 'not_found')) throw at('hcloud/updateServerInlineNetworkAttachments', at('hcloud/detachServerFromNetwork', error));
  }
}
