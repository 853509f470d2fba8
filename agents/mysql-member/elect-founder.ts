import { decision, names, needsOperator, reports, type Decision, type Situation } from './decision';
import { formatGtidSet, isEmpty, isSubset, parseGtidSet, subtract, union } from './gtid';
import { isOutside, type MajorityView, type Memory, type Report, type Sample } from './report';

/**
 * Decides for a member that sees no group: before the first one, and after a full outage. The member that holds every
 * transaction founds the group, once all configured members have answered, lost nothing, and voted for it. Otherwise an
 * operator decides: a missing member may be the only one that holds the last acknowledged write.
 */
export function electFounder({ self, peers, configuredGroupName }: Situation, sample: Sample): Decision {
  const memory = self.memory;
  const wait = (reason: string, next: Memory = memory) => decision(next, { kind: 'wait' }, reason);

  if (!isEmpty(pending(self))) {
    return decision(memory, { kind: 'apply-relay-log' }, 'transactions in the relay log are not applied yet');
  }
  const missing = [...peers].filter(([, peer]) => !peer?.sample).map(([name]) => name);
  if (missing.length > 0) {
    const instruction = `start ${missing.join(' and ')}; if lost for good: platform-mysql force-bootstrap on the member with most transactions`;
    if (memory.lastMajority === null && isEmpty(parseGtidSet(sample.executed))) {
      return wait(`nobody is in a group; waiting for ${missing.join(', ')}`);
    }
    return needsOperator(
      memory,
      `no member is in a group and ${missing.join(', ')} does not answer; ${inventory(self, peers)}`,
      instruction,
    );
  }
  const others = reports(peers);
  const all = [self, ...others];
  const unsettled = others.find((peer) => peer.busy !== null || !isOutside(peer.sample as Sample) || peer.sample?.changing);
  if (unsettled) return wait(`${unsettled.name} is ${unsettled.busy ?? unsettled.sample?.state}`);
  const differs = others.find((peer) => peer.configured.join() !== self.configured.join());
  if (differs) return wait(`${differs.name} is configured for the members ${differs.configured.join(', ')}; waiting until all agree`);
  const applying = others.find((peer) => !isEmpty(pending(peer)));
  if (applying) return wait(`${applying.name} still applies its relay log`);

  const latest = latestMajority(all);
  const emptied = all.filter((member) => latest?.members.includes(member.name) && lastIncarnation(member) < latest.incarnation);
  if (emptied.length > 0) {
    return needsOperator(
      memory,
      `${names(emptied)} was in the last group with a majority and has lost its data; it may have held the last writes; ${inventory(self, peers)}`,
      'restore its volume, or accept the loss: platform-mysql force-bootstrap on the member with most transactions',
    );
  }
  const dismissed = latest?.members.filter((name) => !self.configured.includes(name)) ?? [];
  if (dismissed.length > 0) {
    return needsOperator(
      memory,
      `${dismissed.join(', ')} was in the last group with a majority and is not configured any more; it may have held the last writes; ${inventory(self, peers)}`,
      'configure it again and let it leave before it goes, or accept the loss: platform-mysql force-bootstrap on the member with most transactions',
    );
  }
  const leader = holderOfAll(all, self.configured);
  if (!leader) {
    return needsOperator(
      memory,
      `no member holds all transactions; ${inventory(self, peers)}`,
      'compare them, then platform-mysql force-bootstrap on the member to keep; the others keep theirs in a dump',
    );
  }
  return leader.name === self.name ? stand(self, others, configuredGroupName) : vote(self, leader);
}

/** Stands for election with the next number, or goes ahead if everybody has voted for this member. */
function stand(self: Report, others: readonly Report[], configuredGroupName: string): Decision {
  const { memory, name } = self;
  const highest = Math.max(...[self, ...others].flatMap((member) => [member.memory.promised, member.memory.incarnation]));
  const refused = others.some((peer) => peer.memory.promised === memory.promised && peer.memory.candidate !== name);
  if (memory.candidate !== name || memory.promised < highest || refused) {
    const next = { ...memory, promised: highest + 1, candidate: name };
    return decision(next, { kind: 'wait' }, `holds all transactions; asks for votes in ballot ${next.promised}`);
  }
  const ballot = memory.promised;
  const undecided = others.filter((peer) => peer.memory.promised !== ballot || peer.memory.candidate !== name);
  if (undecided.length > 0) {
    return decision(memory, { kind: 'wait' }, `waiting for the votes of ${names(undecided)} in ballot ${ballot}`);
  }
  const first = [self, ...others].every((member) => member.memory.lastMajority === null);
  // the ballot is used up before the bootstrap starts: after a crash before its end, a repetition needs new votes
  const next: Memory = { ...memory, incarnation: ballot, candidate: null, entering: 'bootstrap' };
  const reason = first ? 'all members are new: the first group' : 'full outage: this member holds all transactions';
  const groupName = lineage([self, ...others]) ?? configuredGroupName;
  return decision(
    next,
    { kind: first ? 'bootstrap' : 'reboot-group', incarnation: ballot, groupName },
    `${reason}; all voted in ballot ${ballot}`,
  );
}

function vote(self: Report, leader: Report): Decision {
  const { memory } = self;
  const ballot = leader.memory.promised;
  const stands = leader.memory.candidate === leader.name;
  if (stands && ballot > memory.promised) {
    const next = { ...memory, promised: ballot, candidate: leader.name };
    return decision(next, { kind: 'wait' }, `votes for ${leader.name} in ballot ${ballot}`);
  }
  return decision(memory, { kind: 'wait' }, `${leader.name} holds all transactions and founds the group`);
}

function holderOfAll(all: readonly Report[], configured: readonly string[]): Report | undefined {
  const everything = union(...all.map((member) => executed(member)));
  return [...all]
    .sort((a, b) => configured.indexOf(a.name) - configured.indexOf(b.name))
    .find((member) => isSubset(everything, executed(member)));
}

function latestMajority(all: readonly Report[]): MajorityView | null {
  const views = all.flatMap((member) => member.memory.lastMajority ?? []);
  return views.sort((a, b) => b.incarnation - a.incarnation || b.counter - a.counter)[0] ?? null;
}

function lineage(all: readonly Report[]): string | null {
  return [...all].sort((a, b) => b.memory.incarnation - a.memory.incarnation)[0]?.memory.lineage ?? null;
}

/** Of the group that the member was in, or at least on its way to. A new data directory knows of none. */
function lastIncarnation({ memory: { incarnation, entering } }: Report): number {
  return Math.max(incarnation, entering === 'bootstrap' ? 0 : (entering?.incarnation ?? 0));
}

function executed(member: Report) {
  return parseGtidSet(member.sample?.executed ?? '');
}

function pending(member: Report) {
  return subtract(parseGtidSet(member.sample?.received ?? ''), executed(member));
}

/** Who has what, for the operator who has to choose. */
function inventory(self: Report, peers: ReadonlyMap<string, Report | null>): string {
  return [[self.name, self] as const, ...peers]
    .map(([name, member]) => `${name}: ${member?.sample ? formatGtidSet(executed(member)) || 'no transactions' : 'no answer'}`)
    .join('; ');
}
