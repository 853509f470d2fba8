import type { State } from '../protocol/value';
import type { Server, Volume } from './api-types';
import { number, text, unlessZero, type ActionAnswer, type HcloudCall, type HcloudResource } from './common';
import { whileLocked } from './volume';

export const volumeAttachment: HcloudResource = {
  planning: { style: 'sdk', replace: ['volume_id', 'server_id'] },
  async create(call) {
    const { client, planned, created, signal } = call;
    const id = number(planned['volume_id']);
    const body = { server: number(planned['server_id']), ...unlessZero('automount', planned['automount'] === true) };
    const { action } = await whileLocked(() => client.sdk.post<ActionAnswer>(`/volumes/${id}/actions/attach`, body, signal), signal);
    created({ id: String(id) });
    await client.sdk.wait([action], signal);
    const found = await read(call, { ...planned, id: String(id) });
    if (found === null) throw new Error(`volume ${id} is not attached after it was attached`);
    return found;
  },
  read: (call) => read(call, call.state),
  async delete({ client, state, signal }) {
    const found = await client.sdk.find<Volume>(`/volumes/${text(state['id'])}`, 'volume', signal);
    if (found === null || found.server === null) return;
    const { action } = await whileLocked(() => client.sdk.post<ActionAnswer>(`/volumes/${found.id}/actions/detach`, {}, signal), signal);
    await client.sdk.wait([action], signal);
  },
};

async function read({ client, signal }: HcloudCall, state: State): Promise<State | null> {
  const found = await client.sdk.find<Volume>(`/volumes/${text(state['id'])}`, 'volume', signal);
  if (found === null || found.server === null) return null;
  const server = await client.sdk.find<Server>(`/servers/${number(state['server_id']) || found.server}`, 'server', signal);
  return server === null ? null : { id: String(found.id), server_id: found.server, volume_id: found.id };
}
