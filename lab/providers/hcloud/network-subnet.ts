import { failure } from '../protocol/diagnostics';
import type { State } from '../protocol/value';
import { networkOf, parseCidr } from '../addresses';
import type { Network } from './api-types';
import type { HcloudClient } from './client';
import { number, text, type ActionAnswer, type HcloudResource } from './common';
import { hasCode } from './errors';
import { retrying } from './retry';

const TYPES = ['cloud', 'server', 'vswitch'];

export const networkSubnet: HcloudResource = {
  planning: { style: 'sdk', replace: ['network_id', 'type', 'network_zone', 'ip_range', 'vswitch_id'] },
  validation: {
    attributes: {
      type: (value, name) =>
        TYPES.includes(text(value))
          ? null
          : failure(`expected ${name} to be one of ["${TYPES.join('" "')}"], got ${text(value)}`, '', name),
    },
  },
  async create({ client: { sdk: api }, planned, created, signal }) {
    const range = rangeOf(text(planned['ip_range']));
    const body = {
      type: text(planned['type']),
      ip_range: range,
      network_zone: text(planned['network_zone']),
      ...(planned['type'] === 'vswitch' ? { vswitch_id: number(planned['vswitch_id']) } : {}),
    };
    const networkId = number(planned['network_id']);
    const send = (): Promise<ActionAnswer> => api.post(`/networks/${networkId}/actions/add_subnet`, body, signal);
    const { action } = await retrying(send, {
      tries: 5,
      signal,
      retryIf: (error) => hasCode(error, 'conflict', 'vswitch_id_already_used'),
    });
    const id = `${networkId}-${range}`;
    created({ id });
    await api.wait([action], signal);
    const found = await find(api, id, signal);
    if (found === null) throw new Error(`subnet ${id} vanished`);
    return found.attributes;
  },
  async read({ client, state, signal }) {
    return (await find(client.sdk, text(state['id']), signal))?.attributes ?? null;
  },
  async delete({ client: { sdk: api }, state, signal }) {
    const send = async (): Promise<ActionAnswer> => {
      const found = await find(api, text(state['id']), signal);
      return found === null ? {} : api.post(`/networks/${found.network.id}/actions/delete_subnet`, { ip_range: found.range }, signal);
    };
    try {
      const { action } = await retrying(send, {
        tries: 50,
        signal,
        retryIf: (error) => hasCode(error, 'conflict', 'locked') || isStillUsed(error),
      });
      await api.wait([action], signal);
    } catch (error) {
      // Attached servers: the provider takes it that the network is about to go as a whole.
      if (!hasCode(error, 'not_found') && !isStillUsed(error)) throw error;
    }
  },
};

function isStillUsed(error: unknown): boolean {
  return (
    hasCode(error, 'service_error') && error instanceof Error && /servers are attached|network has attached resources/.test(error.message)
  );
}

interface Found {
  readonly network: Network;
  readonly range: string;
  readonly attributes: State;
}

/** By the id NETWORK-CIDR. */
async function find(api: HcloudClient, id: string, signal: AbortSignal): Promise<Found | null> {
  const parsed = parseSubnetId(id);
  if (parsed === null) return null;
  const network = await api.find<Network>(`/networks/${parsed.networkId}`, 'network', signal);
  const subnet = network?.subnets.find((each) => each.ip_range === parsed.range);
  if (network === null || subnet === undefined) return null;
  return {
    network,
    range: subnet.ip_range,
    attributes: {
      id,
      network_id: network.id,
      network_zone: subnet.network_zone,
      ip_range: subnet.ip_range,
      type: subnet.type,
      gateway: subnet.gateway,
      ...(subnet.type === 'vswitch' ? { vswitch_id: subnet.vswitch_id } : {}),
    },
  };
}

export function parseSubnetId(id: string): { networkId: number; range: string } | null {
  const [, networkId, range] = /^(\d+)-(.+)$/.exec(id) ?? [];
  const cidr = range === undefined ? null : parseCidr(range);
  return cidr === null ? null : { networkId: Number(networkId), range: networkOf(cidr) };
}

function rangeOf(text: string): string {
  const cidr = parseCidr(text);
  if (cidr === null) throw new Error(`invalid CIDR address: ${text}`);
  return networkOf(cidr);
}
