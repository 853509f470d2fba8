import { failure, warning, type Diagnostic } from '../protocol/diagnostics';
import { isUnknown, isZero, type State } from '../protocol/value';
import type { Action, PrimaryIp, Server } from './api-types';
import type { HcloudClient } from './client';
import { act, flag, frameworkLabels, labelsOf, mustFind, number, protect, text, type HcloudResource } from './common';
import { hasCode } from './errors';
import { retrying } from './retry';

export const REMOVED_DATACENTER =
  'The datacenter attribute is marked for removal, you must use the location attribute instead. See https://docs.hetzner.cloud/changelog#2026-07-01-removing-datacenters.';

export const primaryIp: HcloudResource = {
  planning: {
    style: 'framework',
    replace: ['type', 'location'],
    defaults: { labels: {}, auto_delete: false, delete_protection: false },
    recomputed: ['assignee_id', 'assignee_type', 'datacenter'],
  },
  validation: {
    attributes: { labels: frameworkLabels, datacenter: (_, name) => failure('Removed Attribute', REMOVED_DATACENTER, name) },
    exactlyOneOf: [['location', 'assignee_id']],
    check: checkAssignee,
  },
  async create({ client: { framework: api }, planned, created, signal }) {
    const body = {
      type: text(planned['type']),
      name: text(planned['name']),
      ...(isZero(planned['location']) || isUnknown(planned['location'])
        ? { assignee_id: number(planned['assignee_id']), assignee_type: text(planned['assignee_type']) }
        : { location: text(planned['location']) }),
      auto_delete: flag(planned['auto_delete']),
      labels: labelsOf(planned['labels']),
    };
    const made = await api.post<{ primary_ip: PrimaryIp; action?: Action | null }>('/primary_ips', body, signal);
    const path = `/primary_ips/${made.primary_ip.id}`;
    created({ id: made.primary_ip.id });
    await api.wait([made.action], signal);
    if (flag(planned['delete_protection'])) await protect(api, path, { delete: true }, signal);
    return attributes(await mustFind<PrimaryIp>(api, path, 'primary_ip', signal));
  },
  async read({ client, state, signal }) {
    const found = await client.framework.find<PrimaryIp>(`/primary_ips/${number(state['id'])}`, 'primary_ip', signal);
    return found === null ? null : attributes(found);
  },
  async update({ client: { framework: api }, planned, prior, changed, signal }) {
    const path = `/primary_ips/${number(prior['id'])}`;
    const differs = (name: string): boolean => !isUnknown(planned[name]) && changed(name);
    if (differs('delete_protection')) await protect(api, path, { delete: flag(planned['delete_protection']) }, signal);
    if (differs('assignee_id') || differs('assignee_type')) {
      if (number(prior['assignee_id']) !== 0) await unassign(api, number(prior['id']), signal);
      const assignee = number(planned['assignee_id']);
      if (assignee !== 0)
        await act(api, `${path}/actions/assign`, { assignee_id: assignee, assignee_type: text(planned['assignee_type']) }, signal);
    }
    // Always sent, even empty: the answer is the new state.
    const body = {
      ...(differs('name') ? { name: text(planned['name']) } : {}),
      ...(differs('labels') ? { labels: labelsOf(planned['labels']) } : {}),
      ...(differs('auto_delete') ? { auto_delete: flag(planned['auto_delete']) } : {}),
    };
    return attributes((await api.put<{ primary_ip: PrimaryIp }>(path, body, signal)).primary_ip);
  },
  async delete({ client: { framework: api }, state, signal }) {
    const id = number(state['id']);
    if (number(state['assignee_id']) !== 0) await release(api, id, number(state['assignee_id']), signal);
    const remove = async (): Promise<void> => {
      try {
        await api.delete(`/primary_ips/${id}`, signal);
      } catch (error) {
        if (!hasCode(error, 'not_found')) throw error;
      }
    };
    await retrying(remove, { tries: 10, signal, retryIf: (error) => !hasCode(error, 'protected') });
  },
  importState: (id) => ({ id: Number(id) }),
};

/** Takes the address off a server that still has it; requests that are refused do not matter, failed actions do. */
async function release(api: HcloudClient, id: number, serverId: number, signal: AbortSignal): Promise<void> {
  const server = await api.find<Server>(`/servers/${serverId}`, 'server', signal).catch(() => null);
  if (server?.public_net.ipv4?.id !== id && server?.public_net.ipv6?.id !== id) return;
  const attempt = async (path: string, body?: object): Promise<void> => {
    const answer = await api.post<{ action?: Action | null }>(path, body, signal).catch(() => ({ action: null }));
    await api.wait([answer.action], signal);
  };
  await attempt(`/servers/${serverId}/actions/poweroff`);
  await attempt(`/primary_ips/${id}/actions/unassign`);
  await attempt(`/servers/${serverId}/actions/poweron`);
}

export function unassign(api: HcloudClient, id: number, signal: AbortSignal): Promise<void> {
  return act(api, `/primary_ips/${id}/actions/unassign`, undefined, signal);
}

function checkAssignee(config: State): readonly Diagnostic[] {
  const [id, type] = [config['assignee_id'] ?? null, config['assignee_type'] ?? null];
  if (isUnknown(id) || isUnknown(type)) return [];
  if (id !== null && type === null) {
    return [
      failure('Invalid Attribute Combination', 'These attributes must be configured together: [assignee_id,assignee_type]', 'assignee_id'),
    ];
  }
  if (type === null || id !== null) return [];
  return [
    warning(
      'Unused Attribute',
      'This attribute is now optional and is only required together with the assignee_id attribute. Please remove it from your configuration.',
      'assignee_type',
    ),
  ];
}

export function attributes(ip: PrimaryIp): State {
  const v6 = ip.type === 'ipv6';
  return {
    id: ip.id,
    name: ip.name,
    type: ip.type,
    ip_address: v6 ? (ip.ip.split('/')[0] ?? '') : ip.ip,
    ip_network: v6 ? ip.ip : null,
    location: ip.location.name,
    datacenter: null,
    assignee_id: ip.assignee_id ?? 0,
    assignee_type: ip.assignee_type,
    labels: labelsOf(ip.labels),
    delete_protection: ip.protection.delete,
    auto_delete: ip.auto_delete,
  };
}
