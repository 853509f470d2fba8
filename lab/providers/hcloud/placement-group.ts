import { failure } from '../protocol/diagnostics';
import type { State } from '../protocol/value';
import type { Action, PlacementGroup } from './api-types';
import { labelsOf, mustFind, putChanged, readById, sdkLabels, text, unlessZero, type HcloudResource } from './common';

export const placementGroup: HcloudResource = {
  planning: { style: 'sdk' },
  validation: {
    attributes: {
      labels: sdkLabels,
      type: (value, name) => (value === 'spread' ? null : failure(`${text(value)} is not a valid placement group type`, '', name)),
    },
  },
  async create({ client: { sdk: api }, planned, created, signal }) {
    const body = { name: text(planned['name']), ...unlessZero('labels', planned['labels']), type: text(planned['type']) };
    const made = await api.post<{ placement_group: PlacementGroup; action?: Action | null }>('/placement_groups', body, signal);
    created({ id: String(made.placement_group.id) });
    await api.wait([made.action], signal);
    return attributes(await mustFind<PlacementGroup>(api, `/placement_groups/${made.placement_group.id}`, 'placement_group', signal));
  },
  read: readById<PlacementGroup>('placement_groups', 'placement_group', attributes),
  async update(call) {
    const { client, prior, signal } = call;
    const path = `/placement_groups/${text(prior['id'])}`;
    if ((await client.sdk.find(path, 'placement_group', signal)) === null) return null;
    await putChanged(call, path, ['name', 'labels']);
    return attributes(await mustFind<PlacementGroup>(client.sdk, path, 'placement_group', signal));
  },
  // A group that is gone already is an error, as with the real provider.
  async delete({ client, state, signal }) {
    await client.sdk.delete(`/placement_groups/${text(state['id'])}`, signal);
  },
};

export function attributes(group: PlacementGroup): State {
  return { id: String(group.id), name: group.name, labels: labelsOf(group.labels), type: group.type, servers: group.servers };
}
