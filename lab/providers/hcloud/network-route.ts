import type { State } from '../protocol/value';
import { networkOf, parseCidr } from '../addresses';
import type { Network } from './api-types';
import type { HcloudClient } from './client';
import { number, text, type ActionAnswer, type HcloudResource } from './common';
import { hasCode } from './errors';
import { parseSubnetId } from './network-subnet';
import { retrying } from './retry';

export const networkRoute: HcloudResource = {
  planning: { style: 'sdk', replace: ['network_id', 'destination', 'gateway'] },
  async create({ client: { sdk: api }, planned, created, signal }) {
    const cidr = parseCidr(text(planned['destination']));
    if (cidr === null) throw new Error(`invalid CIDR address: ${text(planned['destination'])}`);
    const networkId = number(planned['network_id']);
    const body = { destination: networkOf(cidr), gateway: text(planned['gateway']) };
    const action = await change(api, networkId, 'add_route', body, signal);
    const id = `${networkId}-${body.destination}`;
    created({ id });
    await api.wait([action.action], signal);
    const found = await find(api, id, signal);
    if (found === null) throw new Error(`route ${id} vanished`);
    return found;
  },
  read: ({ client, state, signal }) => find(client.sdk, text(state['id']), signal),
  async delete({ client: { sdk: api }, state, signal }) {
    const found = await find(api, text(state['id']), signal);
    if (found === null) return;
    try {
      const body = { destination: found['destination'], gateway: found['gateway'] };
      const { action } = await change(api, number(found['network_id']), 'delete_route', body, signal);
      await api.wait([action], signal);
    } catch (error) {
      if (!hasCode(error, 'not_found')) throw error;
    }
  },
};

function change(api: HcloudClient, networkId: number, name: string, body: object, signal: AbortSignal): Promise<ActionAnswer> {
  const send = (): Promise<ActionAnswer> => api.post(`/networks/${networkId}/actions/${name}`, body, signal);
  return retrying(send, { tries: 5, signal, retryIf: (error) => hasCode(error, 'conflict') });
}

/** By the id NETWORK-DESTINATION: a route is known by its destination alone. */
async function find(api: HcloudClient, id: string, signal: AbortSignal): Promise<State | null> {
  const parsed = parseSubnetId(id);
  if (parsed === null) return null;
  const network = await api.find<Network>(`/networks/${parsed.networkId}`, 'network', signal);
  const route = network?.routes.find((each) => each.destination === parsed.range);
  if (network === null || route === undefined) return null;
  return { id, network_id: network.id, destination: route.destination, gateway: route.gateway };
}
