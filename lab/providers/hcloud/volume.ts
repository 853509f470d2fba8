import type { State } from '../protocol/value';
import type { Action, Volume } from './api-types';
import type { HcloudClient } from './client';
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
import { hasCode } from './errors';
import { retrying } from './retry';

export const volume: HcloudResource = {
  planning: { style: 'sdk', replace: ['location'], defaults: { delete_protection: false } },
  validation: { attributes: { labels: sdkLabels } },
  async create({ client: { sdk: api }, planned, created, signal }) {
    const body = {
      name: text(planned['name']),
      size: number(planned['size']),
      ...unlessZero('server', number(planned['server_id'])),
      ...unlessZero('location', text(planned['location'])),
      ...unlessZero('labels', planned['labels']),
      ...unlessZero('automount', planned['automount']),
      ...unlessZero('format', planned['format']),
    };
    const made = await api.post<{ volume: Volume; action?: Action | null; next_actions?: readonly Action[] }>('/volumes', body, signal);
    const path = `/volumes/${made.volume.id}`;
    created({ id: String(made.volume.id) });
    await api.wait([made.action], signal);
    for (const action of made.next_actions ?? []) await api.wait([action], signal);
    if (flag(planned['delete_protection'])) await protect(api, path, { delete: true }, signal);
    return attributes(await mustFind<Volume>(api, path, 'volume', signal));
  },
  read: readById<Volume>('volumes', 'volume', attributes),
  async update(call) {
    const {
      client: { sdk: api },
      planned,
      prior,
      changed,
      signal,
    } = call;
    const path = `/volumes/${text(prior['id'])}`;
    const found = await api.find<Volume>(path, 'volume', signal);
    if (found === null) return null;
    await putChanged(call, path, ['name']);
    if (changed('server_id')) await move(api, found, planned, signal);
    if (changed('size')) await act(api, `${path}/actions/resize`, { size: number(planned['size']) }, signal);
    await putChanged(call, path, ['labels']);
    if (changed('delete_protection')) await protect(api, path, { delete: flag(planned['delete_protection']) }, signal);
    return attributes(await mustFind<Volume>(api, path, 'volume', signal));
  },
  async delete({ client: { sdk: api }, state, signal }) {
    const found = await api.find<Volume>(`/volumes/${text(state['id'])}`, 'volume', signal);
    if (found === null) return;
    if (found.server !== null) await detach(api, found.id, signal);
    await retrying(() => unlessGone(() => api.delete(`/volumes/${found.id}`, signal)), { tries: 5, signal, retryIf: () => true });
  },
};

async function move(api: HcloudClient, found: Volume, planned: State, signal: AbortSignal): Promise<void> {
  const server = number(planned['server_id']);
  if (found.server !== null || server === 0) await detach(api, found.id, signal);
  if (server === 0) return;
  const body = { server, ...unlessZero('automount', planned['automount']) };
  await retrying(() => act(api, `/volumes/${found.id}/actions/attach`, body, signal), { tries: 5, signal, retryIf: () => true });
}

function detach(api: HcloudClient, id: number, signal: AbortSignal): Promise<void> {
  const send = (): Promise<void> => unlessGone(() => act(api, `/volumes/${id}/actions/detach`, {}, signal));
  return retrying(send, { tries: 5, signal, retryIf: () => true });
}

/** Waits out a locked volume or server only: other errors end it at once. */
export function whileLocked<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return retrying(work, { tries: 5, signal, retryIf: (error) => hasCode(error, 'locked') });
}

export function attributes(made: Volume): State {
  return {
    id: String(made.id),
    name: made.name,
    size: made.size,
    location: made.location.name,
    labels: labelsOf(made.labels),
    linux_device: made.linux_device,
    delete_protection: made.protection.delete,
    ...(made.server === null ? {} : { server_id: made.server }),
  };
}
