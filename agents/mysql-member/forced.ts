import { parseGtidSet, sizeOf } from './gtid';
import type { Memory, Report } from './report';

/**
 * An operator founds a group on this member, against its caution. Two operators may do so on two members at the same
 * moment, and two groups would both accept writes. So the intention is published first, as a candidacy of its own number,
 * and looked for among the others before anything is done: of those that meet, exactly one goes ahead.
 */
export function announce(self: Report, others: readonly Report[]): Memory {
  const seen = [self, ...others].flatMap(({ memory }) => [memory.incarnation, memory.promised]);
  return { ...self.memory, promised: Math.max(...seen) + 1, candidate: self.name };
}

/** Why this member has to give way with the ballot that it announced; null: it goes ahead. */
export function givesWay(self: Report, others: readonly Report[], ballot: number): string | null {
  const { memory } = self;
  if (memory.promised !== ballot || memory.candidate !== self.name)
    return `this member has voted for ${memory.candidate ?? 'nobody'} meanwhile`;
  const founder = others.find(({ busy, sample }) => busy === 'bootstrap' || busy === 'reboot-group' || sample?.state === 'ONLINE');
  if (founder) return `${founder.name} founds a group already; this member joins it by itself`;
  const rivals = others.filter(({ name, memory: { candidate, promised } }) => candidate === name && promised >= ballot);
  const first = [self, ...rivals].sort(precedence(self.configured))[0] as Report;
  return first === self ? null : `${first.name} was told the same at the same moment, and goes ahead`;
}

/** Who has heard of the other; who holds more transactions, so that fewer are set aside; the first by configuration. */
function precedence(configured: readonly string[]): (a: Report, b: Report) => number {
  return (a, b) => b.memory.promised - a.memory.promised || held(b) - held(a) || configured.indexOf(a.name) - configured.indexOf(b.name);
}

function held({ sample }: Report): number {
  return sizeOf(parseGtidSet(sample?.executed ?? ''));
}

/** Written down before the group is founded with `ballot` as its incarnation: the ballot is used up, and the lineage is new. */
export function founded(memory: Memory, ballot: number, lineage: string): Memory {
  return { ...memory, incarnation: ballot, candidate: null, entering: 'bootstrap', lineage };
}
