import type { Tier } from '../../lib/net/address-plan';
import { partOf, type Part } from './hosts';
import type { Change, Changes } from './changes';
import type { Block, Blocks } from './synthesized';

export interface Timed {
  readonly change: Change;
  /** Seconds after the deploy has begun. */
  readonly start: number;
  readonly end: number;
}

/**
 * About how many seconds each takes. Steps on hosts are those of the lab, where a first deploy of nine servers takes three minutes. What
 * Hetzner does with a server is a guess; the lab needs no time for it.
 */
const SECONDS = {
  server: { create: 40, replace: 50, update: 120, delete: 5 },
  volume: { create: 10, replace: 15, update: 5, delete: 5 },
  'volume-attachment': { create: 5, replace: 10, update: 5, delete: 5 },
  identify: 5,
  install: { lb: 40, web: 30, app: 30, mysql: 90 },
  configure: { lb: 15, web: 10, app: 15, mysql: 30 },
  'let-go': 10,
  run: 5,
  other: 2,
} as const;

function secondsOf({ address, action, attributes }: Change): number {
  const part = partOf(address);
  if (!part) return SECONDS.other;
  const { kind, tier } = part;
  if (kind === 'server' || kind === 'volume' || kind === 'volume-attachment') {
    const isLong = kind !== 'server' || attributes.includes('placement_group_id');
    return action === 'update' && !isLong ? SECONDS.other : SECONDS[kind][action];
  }
  if (action === 'delete') return 0;
  return kind === 'install' || kind === 'configure' ? SECONDS[kind][tier] : SECONDS[kind];
}

/**
 * When each change happens at the earliest, as Terraform walks: at once unless it waits for something. Deletions wait for nothing but what
 * lib/servers/delete-in-order.ts makes them wait for.
 * @param blocks the stack after the change, which says what waits for what
 */
export function scheduled(changes: Changes, blocks: Blocks): readonly Timed[] {
  const edges = new Map([...blocks].map(([address, block]) => [address, dependenciesOf(block)]));
  const ends = new Map<string, number>();
  const startOf = (address: string): number => Math.max(0, ...(edges.get(address) ?? []).map(endOf));
  const endOf = (address: string): number => {
    const known = ends.get(address);
    if (known !== undefined) return known;
    const change = changes.get(address);
    const end = startOf(address) + (change ? secondsOf(change) : 0);
    ends.set(address, end);
    return end;
  };
  const inOrder = deletedInOrder(changes);
  const startOfDeletion = (address: string): number => (inOrder.has(address) ? Math.max(0, ...lettingGo(address, blocks).map(endOf)) : 0);
  return [...changes.values()]
    .map((change) => {
      const start = change.action === 'delete' ? startOfDeletion(change.address) : startOf(change.address);
      return { change, start, end: start + secondsOf(change) };
    })
    .sort((one, other) => one.start - other.start);
}

/** Servers that are deleted after the tier in front has let go of them: those with a gate. A deploy of version 0.1.0 has made none. */
export function deletedInOrder(changes: Changes): ReadonlySet<string> {
  const gates = [...changes.values()].filter(({ type, action }) => type === 'tls_private_key' && action === 'delete');
  const hasGate = ({ tier, host }: Part) =>
    gates.some(({ address }) => address.startsWith(`tls_private_key.${tier}_${host}_deletion-gate_`));
  const servers = [...changes.values()].filter(({ address, action }) => {
    const part = partOf(address);
    return action === 'delete' && part?.kind === 'server' && hasGate(part);
  });
  return new Set(servers.map(({ address }) => address));
}

const IN_FRONT: Partial<Record<Tier, Tier>> = { web: 'lb', app: 'web' };

/** Steps that a deletion waits for. */
function lettingGo(server: string, blocks: Blocks): string[] {
  const { tier } = partOf(server) ?? {};
  return [...blocks.keys()].filter((address) => {
    const part = partOf(address);
    return part?.kind === 'let-go' && tier !== undefined && part.tier === IN_FRONT[tier];
  });
}

const REFERENCE = /(?<![\w.])((?:hcloud|tls|cloudflare|terraform)_\w+\.[\w-]+)/g;

function dependenciesOf(block: Block): readonly string[] {
  return [...new Set([...JSON.stringify({ ...block, '//': null }).matchAll(REFERENCE)].map(([, address = '']) => address))];
}

export interface Phase {
  readonly part: Part;
  readonly action: Change['action'];
  readonly hosts: readonly string[];
  readonly start: number;
}

/** What is done to hosts, those together that have it done at the same time. Deletes of steps do nothing on a host. */
export function phasesOf(timed: readonly Timed[]): readonly Phase[] {
  const phases = new Map<string, Phase>();
  for (const { change, start } of timed) {
    const part = partOf(change.address);
    const isStep = change.type === 'terraform_data';
    if (!part || (isStep && change.action === 'delete') || part.kind === 'volume-attachment') continue;
    // A step that is replaced runs again
    const action = isStep ? 'create' : change.action;
    const key = [start, part.tier, part.kind, action].join('/');
    phases.set(key, { part, action, start, hosts: [...(phases.get(key)?.hosts ?? []), part.host] });
  }
  return [...phases.values()];
}
