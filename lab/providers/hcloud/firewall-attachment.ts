import { failure, ProviderError } from '../protocol/diagnostics';
import type { State } from '../protocol/value';
import type { Firewall, FirewallTarget } from './api-types';
import { number, numbers, texts, type ActionAnswer, type HcloudCall, type HcloudResource } from './common';
import { hasCode } from './errors';
import { actAll, checkedTarget, serverTarget } from './firewall';

export const firewallAttachment: HcloudResource = {
  planning: { style: 'sdk', replace: ['firewall_id'], keepsPlanOnFailure: true },
  async create(call) {
    const { client, planned, signal } = call;
    try {
      await actAll(client.sdk, `${path(planned)}/actions/apply_to_resources`, { apply_to: targets(planned) }, signal);
    } catch (error) {
      if (!hasCode(error, 'firewall_already_applied')) throw error;
    }
    const found = await read(call, planned);
    if (found === null) throw new Error(`firewall ${number(planned['firewall_id'])} vanished`);
    return found;
  },
  read: (call) => read(call, call.state),
  async update(call) {
    const {
      client: { sdk: api },
      planned,
      signal,
    } = call;
    const found = await api.find<Firewall>(path(planned), 'firewall', signal);
    if (found === null) return null;
    const [wanted, present] = [targets(planned), found.applied_to.map(checkedTarget)];
    const missingIn = (others: readonly FirewallTarget[]) => (target: FirewallTarget) =>
      !others.some((other) => JSON.stringify(other) === JSON.stringify(target));
    const removed = await api.post<ActionAnswer>(
      `${path(planned)}/actions/remove_from_resources`,
      { remove_from: present.filter(missingIn(wanted)) },
      signal,
    );
    const added = await api.post<ActionAnswer>(
      `${path(planned)}/actions/apply_to_resources`,
      { apply_to: wanted.filter(missingIn(present)) },
      signal,
    );
    await api.wait([...(removed.actions ?? []), ...(added.actions ?? [])], signal);
    return read(call, planned);
  },
  delete: ({ client, state, signal }) =>
    actAll(client.sdk, `${path(state)}/actions/remove_from_resources`, { remove_from: targets(state) }, signal),
  importState: (id) => ({ id, firewall_id: Number(id) }),
};

function path(state: State): string {
  return `/firewalls/${number(state['firewall_id'])}`;
}

function targets(state: State): readonly FirewallTarget[] {
  const servers = [...numbers(state['server_ids'])].sort((a, b) => a - b).map(serverTarget);
  const selectors = [...texts(state['label_selectors'])]
    .sort()
    .map((selector): FirewallTarget => ({ type: 'label_selector', label_selector: { selector } }));
  if (servers.length + selectors.length === 0) throw new ProviderError(failure('no resources referenced'));
  return [...servers, ...selectors];
}

async function read({ client, signal }: HcloudCall, state: State): Promise<State | null> {
  const found = await client.sdk.find<Firewall>(path(state), 'firewall', signal);
  if (found === null) return null;
  const applied = found.applied_to.map(checkedTarget);
  const servers = applied.flatMap((target) => target.server?.id ?? []);
  const selectors = applied.flatMap((target) => target.label_selector?.selector ?? []);
  return {
    id: String(found.id),
    firewall_id: found.id,
    server_ids: servers.length > 0 ? servers : null,
    label_selectors: selectors.length > 0 ? selectors : null,
  };
}
