import { failure, ProviderError } from '../protocol/diagnostics';
import type { UpdateCall } from '../protocol/provider';
import { canonical, type ObjectValue, type State, type Value } from '../protocol/value';
import { canonicalAddress, networkOf, normalizeCidr, parseCidr } from '../addresses';
import type { Action, Firewall, FirewallRule, FirewallTarget } from './api-types';
import type { HcloudClient } from './client';
import {
  labelsOf,
  list,
  number,
  objects,
  putChanged,
  sdkLabels,
  text,
  texts,
  unlessZero,
  type ActionAnswer,
  type HcloudClients,
  type HcloudResource,
} from './common';
import { hasCode } from './errors';
import { retrying } from './retry';

const DIRECTIONS = ['in', 'out'];
const PROTOCOLS = ['icmp', 'tcp', 'udp', 'esp', 'gre'];
const normalizeAll = (addresses: Value): Value => list(addresses).map((each) => (typeof each === 'string' ? normalizeCidr(each) : each));

export const firewall: HcloudResource = {
  planning: {
    style: 'sdk',
    computedBlocks: ['apply_to'],
    store: { 'rule.source_ips': normalizeAll, 'rule.destination_ips': normalizeAll },
  },
  validation: {
    attributes: {
      labels: sdkLabels,
      'rule.direction': (value, name) =>
        DIRECTIONS.includes(text(value)) ? null : failure(`${text(value)} is not a valid direction`, '', name),
      'rule.protocol': (value, name) =>
        PROTOCOLS.includes(text(value)) ? null : failure(`${text(value)} is not a valid protocol`, '', name),
      'rule.source_ips': checkRanges,
      'rule.destination_ips': checkRanges,
    },
  },
  async create({ client: { sdk: api }, planned, created, signal }) {
    const body = {
      name: text(planned['name']),
      ...unlessZero('labels', planned['labels']),
      ...listUnlessEmpty('rules', objects(planned['rule']).map(ruleOf)),
      ...listUnlessEmpty('apply_to', objects(planned['apply_to']).map(targetOf)),
    };
    const made = await api.post<{ firewall: Firewall; actions?: readonly Action[] }>('/firewalls', body, signal);
    await api.wait(made.actions ?? [], signal);
    created({ id: String(made.firewall.id) });
    return attributes(await mustFind(api, made.firewall.id, signal));
  },
  async read({ client, state, signal }) {
    const found = await client.sdk.find<Firewall>(`/firewalls/${text(state['id'])}`, 'firewall', signal);
    return found === null ? null : attributes(found);
  },
  async update(call) {
    const {
      client: { sdk: api },
      planned,
      prior,
      changed,
      signal,
    } = call;
    const path = `/firewalls/${text(prior['id'])}`;
    const found = await api.find<Firewall>(path, 'firewall', signal);
    if (found === null) return null;
    await putChanged(call, path, ['name']);
    // The real provider sends nothing when the last rule goes.
    if (changed('rule') && objects(planned['rule']).length > 0) {
      await actAll(api, `${path}/actions/set_rules`, { rules: objects(planned['rule']).map(ruleOf) }, signal);
    }
    await putChanged(call, path, ['labels']);
    if (changed('apply_to')) await syncTargets(call, path);
    return attributes(await mustFind(api, found.id, signal));
  },
  async delete({ client: { sdk: api }, state, signal }) {
    const path = `/firewalls/${text(state['id'])}`;
    const found = await api.find<Firewall>(path, 'firewall', signal);
    if (found === null) throw new ProviderError(failure('Plugin did not respond', `${path} is gone: the real provider crashes here.`));
    if (found.applied_to.length > 0) await removeAll(api, path, found, signal);
    const remove = async (): Promise<void> => {
      try {
        await api.delete(path, signal);
      } catch (error) {
        if (!hasCode(error, 'not_found')) throw error;
      }
    };
    await retrying(remove, { tries: 10, signal, retryIf: (error) => hasCode(error, 'conflict', 'resource_in_use') });
  },
};

function checkRanges(value: Value, name: string): ReturnType<typeof failure> | null {
  for (const each of texts(value)) {
    const cidr = parseCidr(normalizeCidr(each));
    if (cidr === null) return failure(`invalid CIDR address: ${each}`, '', name);
    const network = networkOf(cidr);
    if (canonicalAddress(cidr.address) !== network.split('/')[0])
      return failure(`${normalizeCidr(each)} is not the start of the cidr block ${network}`, '', name);
  }
  return null;
}

function ruleOf(rule: ObjectValue): object {
  return {
    direction: rule['direction'],
    ...unlessZero('source_ips', rule['source_ips']),
    ...unlessZero('destination_ips', rule['destination_ips']),
    protocol: rule['protocol'],
    ...unlessZero('port', rule['port']),
    ...unlessZero('description', rule['description']),
  };
}

function targetOf(target: ObjectValue): FirewallTarget {
  const selector = text(target['label_selector']);
  return selector === '' ? serverTarget(number(target['server'])) : { type: 'label_selector', label_selector: { selector } };
}

export function serverTarget(id: number): FirewallTarget {
  return { type: 'server', server: { id } };
}

async function syncTargets({ client, prior, planned, signal }: UpdateCall<HcloudClients>, path: string): Promise<void> {
  const key = (target: FirewallTarget): string => canonical(JSON.stringify(target), 'string');
  const [before, after] = [objects(prior['apply_to']).map(targetOf), objects(planned['apply_to']).map(targetOf)];
  const removed = before.filter((target) => !after.some((other) => key(other) === key(target)));
  const added = after.filter((target) => !before.some((other) => key(other) === key(target)));
  if (removed.length > 0) {
    try {
      await actAll(client.sdk, `${path}/actions/remove_from_resources`, { remove_from: removed }, signal);
    } catch (error) {
      if (!hasCode(error, 'firewall_resource_not_found')) throw error;
    }
  }
  if (added.length > 0) await actAll(client.sdk, `${path}/actions/apply_to_resources`, { apply_to: added }, signal);
}

async function removeAll(api: HcloudClient, path: string, found: Firewall, signal: AbortSignal): Promise<void> {
  try {
    await actAll(api, `${path}/actions/remove_from_resources`, { remove_from: found.applied_to.map(wholeTarget) }, signal);
  } catch (error) {
    if (!hasCode(error, 'firewall_resource_not_found', 'not_found')) throw error;
  }
}

export async function actAll(api: HcloudClient, path: string, body: object, signal: AbortSignal): Promise<void> {
  const { actions } = await api.post<ActionAnswer>(path, body, signal);
  await api.wait(actions ?? [], signal);
}

async function mustFind(api: HcloudClient, id: number, signal: AbortSignal): Promise<Firewall> {
  const found = await api.find<Firewall>(`/firewalls/${id}`, 'firewall', signal);
  if (found === null) throw new Error(`firewall ${id} vanished`);
  return found;
}

function listUnlessEmpty(name: string, values: readonly object[]): object {
  return values.length === 0 ? {} : { [name]: values };
}

/** What is applied by name only: the real provider crashes if the object that `type` names is not there. */
export function checkedTarget(target: FirewallTarget): FirewallTarget {
  if (target.type === 'server' && target.server) return serverTarget(target.server.id);
  if (target.type === 'label_selector' && target.label_selector)
    return { type: 'label_selector', label_selector: { selector: target.label_selector.selector } };
  throw new ProviderError(
    failure('Plugin did not respond', `applied_to names ${target.type} without the object: the real provider crashes here.`),
  );
}

/** As the API answered it, with the servers that a selector found. */
function wholeTarget(target: FirewallTarget): FirewallTarget {
  const { applied_to_resources: found = [] } = target;
  return { ...checkedTarget(target), ...(found.length > 0 ? { applied_to_resources: found.map(checkedTarget) } : {}) };
}

function attributes(found: Firewall): State {
  return {
    id: String(found.id),
    name: found.name,
    labels: labelsOf(found.labels),
    rule: found.rules.map(ruleState),
    apply_to: found.applied_to
      .map(checkedTarget)
      .map((target) => ({ label_selector: target.label_selector?.selector ?? '', server: target.server?.id ?? 0 })),
  };
}

function ruleState(rule: FirewallRule): ObjectValue {
  return {
    direction: rule.direction,
    protocol: rule.protocol,
    port: rule.port ?? '',
    description: rule.description ?? '',
    source_ips: rule.source_ips,
    destination_ips: rule.destination_ips,
  };
}
