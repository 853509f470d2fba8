import { formatGtidSet as formatted, isEmpty, isSubset, parseGtidSet, sizeOf, subtract, union } from './gtid';
import { electorate, inMajority, isOutside, NO_MEMORY, onlineIn, type Memory, type Report, type Sample } from './report';
import { decision, names, needsOperator, reports, type Decision, type Situation } from './decision';
import { isFull, isUsedUp } from './disk';
import { electFounder } from './elect-founder';
import { onlinePeers, successors } from './successors';

/** Above so many missing transactions a copy of the data is faster than replaying them. */
const CLONE_ABOVE = 200_000;
/** A member without data takes a copy, unless the group has so few transactions that it has only just begun. */
const EMPTY_CLONE_ABOVE = 100;
const CLONE_AFTER_FAILURES = 6;
const MAX_BACKOFF_MS = 15_000;
/** Until a peer that begins to join has been seen to: two looks and a poll, see agent.ts and peers.ts. */
const TURN_MS = 1500;
/** A join takes 2 to 4 s; one that hangs must not keep the next from making up a majority. */
const LONGEST_TURN_MS = 15_000;

/** What this member does next: a pure function, called after every look at the local mysqld. */
export function decide(given: Situation): Decision {
  const sample = given.self.sample;
  if (!sample) return decision(given.self.memory, { kind: 'wait' }, 'mysqld does not answer');
  const self = { ...given.self, memory: memoryOf(sample, given.self.memory) };
  const situation = { ...given, self };
  const remembered = self.memory.groupName;
  if (remembered && remembered !== situation.configuredGroupName) {
    return needsOperator(
      self.memory,
      `the configured group name is ${situation.configuredGroupName}, this member's data belongs to ${remembered}`,
      `set groupName to ${remembered} in the MySQL tier's props and deploy again`,
    );
  }
  if (!self.configured.includes(self.name)) return retired(self, sample);
  if (sample.state === 'ONLINE') return online(situation, sample, bookkeep(situation, sample));
  const cloning = sample.readOnly && (self.busy === 'join-by-clone' || sample.changing);
  if (!sample.superReadOnly && !cloning) {
    return decision(self.memory, { kind: 'fence' }, `writable, and not an ONLINE PRIMARY but ${sample.state}`);
  }
  if (!isOutside(sample)) return decision(self.memory, { kind: 'wait' }, `this member is ${sample.state}`);
  if (self.busy !== null || sample.changing) {
    return decision(self.memory, { kind: 'wait' }, `busy: ${self.busy ?? 'START or STOP GROUP_REPLICATION'}`);
  }
  return outside(situation, sample);
}

/** No longer configured, e.g. because the group gets smaller: it leaves, and its server may go. */
function retired({ memory, busy }: Report, sample: Sample): Decision {
  if (!isOutside(sample)) return decision(memory, { kind: busy === null ? 'leave' : 'wait' }, 'not configured any more: leaves the group');
  if (!sample.superReadOnly) return decision(memory, { kind: 'fence' }, 'writable, and not configured any more');
  return decision(memory, { kind: 'wait' }, 'not configured any more: its server and volume may be deleted');
}

/** Promises outlive the data, for others may have counted on them. The rest is about data that is gone. */
function memoryOf({ serverUuid }: Sample, memory: Memory): Memory {
  if (memory.serverUuid === serverUuid) return memory;
  if (memory.serverUuid === null) return { ...memory, serverUuid };
  return { ...NO_MEMORY, promised: memory.promised, candidate: memory.candidate, serverUuid };
}

/** What an ONLINE member writes down: which group this is, who makes it up, and that older ballots are closed. */
function bookkeep({ self, peers, configuredGroupName }: Situation, sample: Sample): Memory {
  const before = self.memory;
  const view = sample.view;
  if (!view) return before;
  const sameGroup = [...peers.values()].filter(
    (peer): peer is Report => peer?.memory.epoch === view.epoch && peer.sample?.view?.epoch === view.epoch,
  );
  const founder = before.entering === 'bootstrap' && before.epoch !== view.epoch && onlineIn(sample).length === 1;
  const joined = before.entering !== 'bootstrap' && before.entering?.epoch === view.epoch ? before.entering : null;
  const accepted = before.epoch === view.epoch || founder || joined !== null || sameGroup.length > 0;
  const incarnation = Math.max(before.incarnation, joined?.incarnation ?? 0, ...sameGroup.map((peer) => peer.memory.incarnation));
  const highest = Math.max(before.promised, incarnation, ...reports(peers).map((peer) => peer.memory.promised));
  const after: Memory = {
    ...before,
    // a ballot that runs while a group lives is refused, so that it can never succeed behind the group's back
    promised: highest,
    candidate: null,
    // a member of the group has nothing that the group lacks
    setAside: '',
    // While a fence waits for statements under way, MySQL shows super_read_only = 1 and read_only = 0
    fenced: before.fenced && (sample.readOnly || sample.superReadOnly),
    ...(accepted && {
      epoch: view.epoch,
      incarnation,
      entering: null,
      groupName: configuredGroupName,
      lineage: lineageOf(sample, configuredGroupName),
    }),
    ...(accepted &&
      inMajority(self) && {
        lastMajority: { incarnation, counter: view.counter, members: sample.members.map(({ name }) => name).sort() },
        joined: self.configured.filter((name) => electorate(self).includes(name) || onlineIn(sample).includes(name)),
      }),
  };
  return JSON.stringify(after) === JSON.stringify(before) ? before : after;
}

function lineageOf({ groupName }: Sample, configuredGroupName: string): string | null {
  return groupName === configuredGroupName ? null : groupName;
}

function online(situation: Situation, sample: Sample, memory: Memory): Decision {
  const { self, peers } = situation;
  const majority = inMajority(self);
  if (sample.role !== 'PRIMARY' && !sample.superReadOnly) {
    // fenced: should it be elected in this moment, it may write again
    return decision({ ...memory, fenced: true }, { kind: 'fence' }, 'a SECONDARY that accepts writes');
  }
  if (sample.role === 'PRIMARY' && !majority && !sample.superReadOnly) {
    return decision({ ...memory, fenced: true }, { kind: 'fence' }, 'PRIMARY without a majority of the configured members');
  }
  if (!majority) {
    const elsewhere = reports(peers).find((peer) => inMajority(peer) && peer.sample?.view?.epoch !== sample.view?.epoch);
    if (elsewhere) {
      return decision(memory, { kind: 'leave' }, `${elsewhere.name} is in a group with a majority, this member is not in it`, 1000);
    }
  }
  if (nobodyFounded(situation, sample, memory))
    return decision(memory, { kind: 'leave' }, 'a join ended in a group that nobody founded', 2000);
  if (sample.role === 'PRIMARY' && majority && sample.readOnly && memory.fenced) {
    return decision(memory, { kind: 'unfence' }, 'PRIMARY with a majority again');
  }
  const disk = sample.role === 'PRIMARY' && majority ? self.disk : null;
  const heir = disk && isFull(disk) ? roomyMember(peers, sample) : undefined;
  if (disk && heir && situation.handOverFailed && isUsedUp(disk)) {
    // commits that wait for space keep the role here, and every write waits for them: as a crash it is what the group can deal with
    return decision(memory, { kind: 'end-mysqld' }, `the data volume is full, and the role cannot be handed over; ${heir.name} has space`);
  }
  if (heir)
    return decision(memory, { kind: 'hand-over', to: heir.name }, `the data volume is full; ${heir.name} has space and becomes PRIMARY`);
  return decision(memory, { kind: 'stay' }, majority ? 'ONLINE in the majority' : 'ONLINE, waiting for a majority');
}

/**
 * A join while the group loses its majority may end as PRIMARY of a new group of one, and other joins may follow it there.
 * None of its members knows what it descends from: it never takes writes, and the others would wait for it without end.
 */
function nobodyFounded({ self, peers }: Situation, { view, members }: Sample, memory: Memory): boolean {
  const known = members.map(({ name }) => (name === self.name ? memory : peers.get(name)?.memory));
  return view !== null && known.every((of) => of !== undefined && of.epoch !== view.epoch);
}

function roomyMember(peers: Situation['peers'], sample: Sample): Report | undefined {
  return successors(onlinePeers(reports(peers), sample).filter(({ disk }) => disk && !isFull(disk)))[0];
}

function outside(situation: Situation, sample: Sample): Decision {
  const { self, peers } = situation;
  const twin = reports(peers).find((peer) => peer.sample?.serverUuid === sample.serverUuid);
  if (twin) {
    return needsOperator(
      self.memory,
      `${twin.name} has the same server_uuid: one data directory is a copy of the other`,
      'on the copy: stop mysql, remove auto.cnf from the data directory, start mysql',
    );
  }
  const live = liveGroup(reports(peers));
  return live.length > 0 ? joinGroup(situation, sample, live) : electFounder(situation, sample);
}

/** The ONLINE peers of the group to join: the one with most members, if it knows what it descends from. */
function liveGroup(peers: readonly Report[]): readonly Report[] {
  const groups = new Map<string, Report[]>();
  for (const peer of peers) {
    const epoch = peer.sample?.view?.epoch;
    if (peer.sample?.state !== 'ONLINE' || !epoch || peer.memory.epoch !== epoch) continue;
    groups.set(epoch, [...(groups.get(epoch) ?? []), peer]);
  }
  const size = (group: readonly Report[]) => Math.max(...group.map((peer) => onlineIn(peer.sample as Sample).length));
  return [...groups.values()].sort((a, b) => size(b) - size(a))[0] ?? [];
}

/** An operator founded that group after this member was last in one, and accepted that what others hold leaves the database. */
function isOperatorsChoice(peer: Report, own: Memory): boolean {
  const { lineage, incarnation } = peer.memory;
  return lineage !== null && lineage !== own.lineage && incarnation > own.incarnation;
}

function joinGroup(situation: Situation, sample: Sample, live: readonly Report[]): Decision {
  const { self, joinFailures, sinceJoinFailureMs } = situation;
  const memory = self.memory.candidate === self.name ? { ...self.memory, candidate: null } : self.memory;
  if (!live.some((peer) => peer.memory.promised >= memory.promised && peer.memory.candidate === null)) {
    // joining breaks the promise behind our vote; harmless only once the live group has closed that ballot
    return decision(memory, { kind: 'wait' }, `waiting until the group has refused ballot ${memory.promised}`);
  }
  const samples = live.map((peer) => peer.sample as Sample);
  const executed = parseGtidSet(sample.executed);
  const theirs = union(...samples.flatMap((peer) => [parseGtidSet(peer.executed), parseGtidSet(peer.received)]));
  const errant = subtract(executed, theirs);
  const authority = live.some((peer) => inMajority(peer) || isOperatorsChoice(peer, memory));
  if (!isEmpty(errant) && !isSubset(errant, parseGtidSet(memory.setAside))) {
    if (authority) {
      const text = formatted(errant);
      return decision(memory, { kind: 'report-errant', errant: text }, `transactions that the group does not have: ${text}`, 3000);
    }
    return needsOperator(
      memory,
      `${names(live)} is ONLINE without a majority and lacks ${formatted(errant)}, which this member has`,
      'start the remaining members; if they are lost, compare both and use platform-mysql force-bootstrap on the right one',
    );
  }
  if (samples.some((peer) => peer.members.some(({ name }) => name === self.name))) {
    return decision(memory, { kind: 'wait' }, 'the group has not yet expelled what this member was before');
  }
  const backoff = Math.min(MAX_BACKOFF_MS, 500 * 2 ** joinFailures);
  if (joinFailures > 0 && sinceJoinFailureMs < backoff) {
    return decision(memory, { kind: 'wait' }, `${joinFailures} attempts to join failed, the next one follows after a pause`);
  }
  const target = live[0] as Report;
  const entering: Memory = { ...memory, entering: { epoch: target.memory.epoch ?? '', incarnation: target.memory.incarnation } };
  const missing = sizeOf(subtract(theirs, executed));
  const replayable = samples.some((peer) => isSubset(parseGtidSet(peer.purged), executed));
  const why =
    (!isEmpty(errant) && 'errant transactions lie in a dump') ||
    (!replayable && 'the members have purged binary logs that this one needs') ||
    (isEmpty(executed) && missing > EMPTY_CLONE_ABOVE && `a member without data, ${missing} transactions behind`) ||
    (missing > CLONE_ABOVE && `${missing} transactions behind`) ||
    (joinFailures >= CLONE_AFTER_FAILURES && `${joinFailures} attempts to join failed`);
  if (why) {
    if (!authority) return decision(memory, { kind: 'wait' }, `a clone needs a group with a majority (${why})`);
    const donor = live.find((peer) => peer.sample?.role === 'SECONDARY') ?? target;
    return decision(entering, { kind: 'join-by-clone', donor: donor.name }, why, 1000);
  }
  const kind = self.memory.lastMajority ? 'rejoin' : 'join';
  const { groupName } = target.sample as Sample;
  return decision(entering, { kind, groupName }, `${names(live)} ONLINE, ${missing} transactions behind`, turn(situation));
}

/**
 * One joins after another. Two that join a PRIMARY which is alone get into its view together, which then has no majority without them:
 * measured, that takes MySQL half a minute to sort out.
 */
function turn({ self, peers }: Situation): number {
  const outsiders = reports(peers).filter(({ sample }) => sample && isOutside(sample));
  if (outsiders.some(({ busy }) => busy === 'join' || busy === 'rejoin')) return LONGEST_TURN_MS;
  const ordinal = (name: string) => self.configured.indexOf(name);
  return TURN_MS * outsiders.filter(({ name }) => ordinal(name) < ordinal(self.name)).length;
}
