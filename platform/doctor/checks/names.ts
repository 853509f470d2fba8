import { KINDS, type Planned } from '../../environment/stack';
import type { Item } from '../../hetzner/project';
import { fingerprintOf, parsePublicKey } from '../../ssh-keys';
import { existing, known, type Facts } from '../facts';
import { findings, type Finding } from '../finding';

const { fine, wrong, warning } = findings('names');

const LEFT = 'If a deploy that broke off has left it, delete it in the console';

/** Nothing of the project is in the way of what a deploy would make: names, and SSH keys, are unique in a project. */
export function checkNames(facts: Pick<Facts, 'environment' | 'state' | 'project' | 'given'>): Finding[] {
  if ('failure' in facts.state)
    return [
      warning(
        `the state could not be read: ${facts.state.failure}`,
        'until it can, names that are taken cannot be told from those of this environment',
      ),
    ];
  const both = known(facts);
  if (!both) return [];
  const {
    project: { items },
    state,
  } = both;
  const made = facts.environment.named.filter(({ address, type }) => !existing(address, type, items, state));
  const owned = new Set(
    facts.environment.named.flatMap(({ address, type }) => (state.has(address) ? [`${type} ${state.get(address)?.id}`] : [])),
  );
  const others = (type: Planned['type']) => items[type].filter(({ id }) => !owned.has(`${type} ${id}`));
  const found = [...made.flatMap(({ type, name }) => taken(type, name, others(type))), ...sameKey(facts, made, others('hcloud_ssh_key'))];
  return found.length > 0
    ? found
    : [fine(made.length === 0 ? 'all that has a name is there' : `${made.length} names that a deploy would take are free`)];
}

function taken(type: Planned['type'], name: string, others: readonly Item[]): Finding[] {
  const item = others.find((other) => other.name === name);
  if (!item) return [];
  return [
    wrong(
      `the project has a ${KINDS[type]} ${name} (${item.id}) that is not of this environment`,
      `${LEFT}; else set namePrefix, e.g. 'shop-', or take a project of its own`,
    ),
  ];
}

function sameKey({ given }: Pick<Facts, 'given'>, made: readonly Planned[], others: readonly Item[]): Finding[] {
  const key = parsePublicKey(given['ssh_public_key'] ?? '');
  const planned = made.find(({ type }) => type === 'hcloud_ssh_key');
  const same = key && planned && others.find(({ fingerprint }) => fingerprint === fingerprintOf(key));
  // One of the same name has been reported for its name
  if (!same || same.name === planned.name) return [];
  return [
    wrong(
      `the project has the key of TF_VAR_ssh_public_key already, as ${same.name} (${same.id}), and Hetzner takes a key once`,
      `${LEFT}, or give a pair of its own`,
    ),
  ];
}
