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
  const { memory, configured } = self;
  if (memory.promised !== ballot || memory.candidate !== self.name) return `this member has voted for ${memory.candidate ?? 'nobody'} meanwhile`;
  const founder = others.find(({ busy, sample }) => busy === 'bootstrap' || busy === 'reboot-group' || sample?.state === 'ONLINE');
  if (founder) return `${founder.name} founds a group already; this member joins it by itself`;
  const rival = others.find(({ name, memory: { candidate, promised } }) => {
    if (candidate !== name || promised < ballot) return false;
    return promised > ballot || configured.indexOf(name) < configured.indexOf(self.name);
  });
  return rival ? `${rival.name} was told the same at the same moment, and goes ahead` : null;
}
