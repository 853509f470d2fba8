import type { State } from '../protocol/value';
import type { Action, FloatingIp } from './api-types';
import {
  act,
  flag,
  labelsOf,
  mustFind,
  number,
  protect,
  putChanged,
  readById,
  sdkLabels,
  text,
  unlessGone,
  unlessZero,
  type HcloudResource,
} from './common';

export const floatingIp: HcloudResource = {
  planning: { style: 'sdk', replace: ['type', 'home_location'], defaults: { delete_protection: false } },
  validation: { attributes: { labels: sdkLabels } },
  async create({ client: { sdk: api }, planned, created, signal }) {
    const body = {
      type: text(planned['type']),
      ...unlessZero('home_location', typeof planned['home_location'] === 'string' ? planned['home_location'] : null),
      ...unlessZero('server', number(planned['server_id'])),
      description: text(planned['description']),
      ...unlessZero('name', text(planned['name'])),
      ...unlessZero('labels', planned['labels']),
    };
    const made = await api.post<{ floating_ip: FloatingIp; action?: Action | null }>('/floating_ips', body, signal);
    const path = `/floating_ips/${made.floating_ip.id}`;
    created({ id: String(made.floating_ip.id) });
    await api.wait([made.action], signal);
    if (flag(planned['delete_protection'])) await protect(api, path, { delete: true }, signal);
    return attributes(await mustFind<FloatingIp>(api, path, 'floating_ip', signal));
  },
  read: readById<FloatingIp>('floating_ips', 'floating_ip', attributes),
  async update(call) {
    const { client, planned, prior, changed, signal } = call;
    const path = `/floating_ips/${text(prior['id'])}`;
    await putChanged(call, path, ['description', 'name']);
    if (changed('server_id')) {
      const server = number(planned['server_id']);
      await act(client.sdk, `${path}/actions/${server === 0 ? 'unassign' : 'assign'}`, server === 0 ? {} : { server }, signal);
    }
    await putChanged(call, path, ['labels']);
    if (changed('delete_protection')) await protect(client.sdk, path, { delete: flag(planned['delete_protection']) }, signal);
    return attributes(await mustFind<FloatingIp>(client.sdk, path, 'floating_ip', signal));
  },
  async delete({ client, state, signal }) {
    const path = `/floating_ips/${text(state['id'])}`;
    const found = await client.sdk.find<FloatingIp>(path, 'floating_ip', signal);
    if (found === null) return;
    await unlessGone(async () => {
      if (found.server !== null) await act(client.sdk, `${path}/actions/unassign`, {}, signal);
      await client.sdk.delete(path, signal);
    });
  },
};

export function attributes(ip: FloatingIp): State {
  const v6 = ip.type === 'ipv6';
  return {
    id: String(ip.id),
    ip_address: v6 ? (ip.ip.split('/')[0] ?? '') : ip.ip,
    name: ip.name,
    type: ip.type,
    home_location: ip.home_location.name,
    description: ip.description ?? '',
    labels: labelsOf(ip.labels),
    delete_protection: ip.protection.delete,
    ...(v6 ? { ip_network: ip.ip } : {}),
    ...(ip.server === null ? {} : { server_id: ip.server }),
  };
}
