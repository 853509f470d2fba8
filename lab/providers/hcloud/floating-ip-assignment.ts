import type { State } from '../protocol/value';
import type { FloatingIp, Server } from './api-types';
import { act, number, text, type HcloudCall, type HcloudResource } from './common';

export const floatingIpAssignment: HcloudResource = {
  planning: { style: 'sdk', replace: ['floating_ip_id'] },
  // The id is the floating IP's. Terraform learns it only after the assignment has succeeded.
  async create(call) {
    const { client, planned, signal } = call;
    const id = number(planned['floating_ip_id']);
    await act(client.sdk, `/floating_ips/${id}/actions/assign`, { server: number(planned['server_id']) }, signal);
    call.created({ id: String(id) });
    return (await read(call, { ...planned, id: String(id) })) ?? vanished(id);
  },
  read: (call) => read(call, call.state),
  async update(call) {
    const { client, planned, prior, changed, signal } = call;
    const found = await client.sdk.find<FloatingIp>(`/floating_ips/${text(prior['id'])}`, 'floating_ip', signal);
    if (found === null) return null;
    if (changed('server_id')) {
      await act(client.sdk, `/floating_ips/${found.id}/actions/assign`, { server: number(planned['server_id']) }, signal);
    }
    return read(call, planned);
  },
  async delete({ client, state, signal }) {
    const found = await client.sdk.find<FloatingIp>(`/floating_ips/${text(state['id'])}`, 'floating_ip', signal);
    if (found === null || found.server === null) return;
    await act(client.sdk, `/floating_ips/${found.id}/actions/unassign`, {}, signal);
  },
};

async function read({ client, signal }: HcloudCall, state: State): Promise<State | null> {
  const found = await client.sdk.find<FloatingIp>(`/floating_ips/${text(state['id'])}`, 'floating_ip', signal);
  if (found === null || found.server === null) return null;
  const server = await client.sdk.find<Server>(`/servers/${number(state['server_id']) || found.server}`, 'server', signal);
  return server === null ? null : { id: String(found.id), server_id: found.server, floating_ip_id: found.id };
}

function vanished(id: number): never {
  throw new Error(`floating IP ${id} is not assigned after it was assigned`);
}
