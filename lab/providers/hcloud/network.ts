import { failure } from '../protocol/diagnostics';
import type { State } from '../protocol/value';
import { networkOf, parseCidr } from '../addresses';
import type { Network } from './api-types';
import type { HcloudClient } from './client';
import { flag, labelsOf, protect, putChanged, sdkLabels, text, unlessGone, unlessZero, type HcloudResource } from './common';

export const network: HcloudResource = {
  planning: { style: 'sdk', replace: ['ip_range'], defaults: { delete_protection: false, expose_routes_to_vswitch: false } },
  validation: {
    attributes: {
      labels: sdkLabels,
      ip_range: (value, name) =>
        parseCidr(text(value)) === null
          ? failure(`expected "${name}" to be a valid CIDR Value, got ${text(value)}: invalid CIDR address: ${text(value)}`, '', name)
          : null,
    },
  },
  async create({ client: { sdk: api }, planned, created, signal }) {
    const range = parseCidr(text(planned['ip_range']));
    const body = {
      name: text(planned['name']),
      ip_range: range === null ? '' : networkOf(range),
      ...unlessZero('labels', planned['labels']),
      expose_routes_to_vswitch: flag(planned['expose_routes_to_vswitch']),
    };
    const { network: made } = await api.post<{ network: Network }>('/networks', body, signal);
    created({ id: String(made.id) });
    if (flag(planned['delete_protection'])) await protect(api, `/networks/${made.id}`, { delete: true }, signal);
    return attributes(await required(api, String(made.id), signal));
  },
  async read({ client, state, signal }) {
    const found = await find(client.sdk, text(state['id']), signal);
    return found === null ? null : attributes(found);
  },
  async update(call) {
    const { client, planned, prior, changed, signal } = call;
    const found = await find(client.sdk, text(prior['id']), signal);
    if (found === null) return null;
    const path = `/networks/${found.id}`;
    await putChanged(call, path, ['name', 'labels', 'expose_routes_to_vswitch']);
    if (changed('delete_protection')) await protect(client.sdk, path, { delete: flag(planned['delete_protection']) }, signal);
    return attributes(await required(client.sdk, String(found.id), signal));
  },
  delete: ({ client, state, signal }) => unlessGone(() => client.sdk.delete(`/networks/${text(state['id'])}`, signal)),
};

export function find(api: HcloudClient, idOrName: string, signal: AbortSignal): Promise<Network | null> {
  return api.findByIdOrName<Network>('networks', 'network', idOrName, signal);
}

async function required(api: HcloudClient, id: string, signal: AbortSignal): Promise<Network> {
  const found = await find(api, id, signal);
  if (found === null) throw new Error(`network ${id} vanished`);
  return found;
}

export function attributes(made: Network): State {
  return {
    id: String(made.id),
    ip_range: made.ip_range,
    name: made.name,
    labels: labelsOf(made.labels),
    delete_protection: made.protection.delete,
    expose_routes_to_vswitch: made.expose_routes_to_vswitch,
  };
}
