import type { Action } from '../../../agents/mysql-member/decision';
import { formatGtidSet, parseGtidSet } from '../../../agents/mysql-member/gtid';
import { electorate, majorityOf, NO_MEMORY, type Memory, type Report, type Sample } from '../../../agents/mysql-member/report';
import { GROUP_NAME } from './situations';

/** One Group Replication group: what its members have agreed on. */
interface Group {
  readonly epoch: string;
  readonly name: string;
  counter: number;
  view: string[];
  primary: string;
  /** Transactions in their order, each a number that no other has; a member that is connected to a majority can have all of them. */
  readonly log: Set<number>;
}

export interface Simulated {
  readonly name: string;
  /** What its agent is configured with. */
  configured: readonly string[];
  up: boolean;
  uuid: string;
  /** What a crash leaves. */
  executed: Set<number>;
  memoryFile: Memory;
  setAside: Set<number>;
  /** mysqld's state, gone after a crash. */
  state: 'ONLINE' | 'ERROR' | 'OFFLINE';
  epoch: string | null;
  superReadOnly: boolean;
  /** While SET GLOBAL super_read_only waits for statements under way, MySQL shows super_read_only = 1 and read_only = 0. */
  settingReadOnly: boolean;
  unreachable: Set<string>;
  /** mysqld is frozen, its agent is not. */
  frozen: boolean;
  /** What mysqld, frozen or just awake, knew when it froze; null once it has heard from the group. */
  outdated: Sample | null;
  /** A START GROUP_REPLICATION under way, which survives its agent. */
  starting: { readonly as: 'founder' | 'joiner'; readonly groupName: string } | null;
  /** The agent's state, gone when it restarts. */
  memory: Memory;
  busy: Action | null;
  known: Map<string, Report>;
  underWay: Map<string, Report>;
  lastKind: string;
  lastAction: Action | null;
  lastReason: string;
  failures: number;
  recordedEpoch: string | null;
  writableByHealth: boolean;
}

export class Violation extends Error {}

/**
 * Members, their mysqlds and the network between them, in memory, and as hostile as Group Replication may be: suspicion
 * comes late, what was received dies with a crash.
 */
export class SimulatedMembers {
  readonly members: readonly Simulated[];
  readonly groups = new Map<string, Group>();
  readonly committed = new Set<number>();
  /** What MySQL calls each transaction: a name that another may get once the group has forgotten this one. */
  protected readonly gtidOf = new Map<number, string>();
  protected readonly cuts = new Set<string>();
  protected counter = 0;
  /** A write was accepted by a member that was alone, before its agent could see that. */
  strayWrites = false;
  wiped = false;

  constructor(names: readonly string[]) {
    this.members = names.map((name) => ({
      name,
      configured: names,
      up: true,
      uuid: `uuid-${name}`,
      executed: new Set(),
      memoryFile: NO_MEMORY,
      setAside: new Set(),
      state: 'OFFLINE',
      epoch: null,
      superReadOnly: true,
      settingReadOnly: false,
      unreachable: new Set(),
      frozen: false,
      outdated: null,
      starting: null,
      memory: NO_MEMORY,
      busy: null,
      known: new Map(),
      underWay: new Map(),
      lastKind: '',
      lastAction: null,
      lastReason: '',
      failures: 0,
      recordedEpoch: null,
      writableByHealth: false,
    }));
  }

  /** What a deploy with another number of members does on one host: the agent is restarted with another list. */
  configure(member: Simulated, configured: readonly string[]): void {
    member.configured = configured;
    if (member.up) this.restartAgent(member);
  }

  at(index: number): Simulated {
    return this.members[index % this.members.length] as Simulated;
  }

  // --- faults

  crash(member: Simulated): void {
    Object.assign(member, {
      up: false,
      state: 'OFFLINE',
      epoch: null,
      superReadOnly: true,
      settingReadOnly: false,
      frozen: false,
      outdated: null,
      starting: null,
      writableByHealth: false,
    });
    this.restartAgent(member);
  }

  boot(member: Simulated): void {
    if (member.up) return;
    member.up = true;
    this.restartAgent(member);
  }

  restartAgent(member: Simulated): void {
    Object.assign(member, {
      busy: null,
      lastKind: '',
      lastAction: null,
      failures: 0,
      recordedEpoch: null,
      memory: member.memoryFile,
      writableByHealth: false,
    });
    member.known.clear();
    member.underWay.clear();
  }

  freeze(member: Simulated): void {
    if (member.up && !member.frozen) Object.assign(member, { outdated: this.sample(member), frozen: true });
  }

  /** After a pause so long that the agent wants to be confirmed anew. */
  wake(member: Simulated): void {
    if (member.frozen) Object.assign(member, { frozen: false, recordedEpoch: null });
  }

  /** A new disk, or (keepMemory) a data directory removed by hand. */
  wipe(member: Simulated, keepMemory: boolean): void {
    // with the last memory gone, what comes is another platform's life
    const others = this.members.filter(
      (other) => other !== member && other.memoryFile.lastMajority !== null && other.uuid === other.memoryFile.serverUuid,
    );
    if (member.up || others.length === 0) return;
    this.wiped = true;
    member.executed = new Set();
    member.setAside = new Set();
    member.uuid = `uuid-${member.name}-${++this.counter}`;
    if (!keepMemory) member.memoryFile = NO_MEMORY;
    member.memory = member.memoryFile;
  }

  cut(a: Simulated, b: Simulated): void {
    if (a !== b) this.cuts.add(pair(a, b));
  }

  heal(a: Simulated, b: Simulated): void {
    this.cuts.delete(pair(a, b));
  }

  healAll(): void {
    this.cuts.clear();
  }

  connected(a: Simulated, b: Simulated): boolean {
    return a.up && b.up && (a === b || !this.cuts.has(pair(a, b)));
  }

  // --- Group Replication

  groupOf(member: Simulated): Group | undefined {
    return member.epoch === null ? undefined : this.groups.get(member.epoch);
  }

  protected hears(a: Simulated, b: Simulated): boolean {
    return this.connected(a, b) && !a.frozen && !b.frozen;
  }

  /** Members of its group that this member hears. */
  protected component(member: Simulated): Simulated[] {
    const group = this.groupOf(member);
    if (!group) return [];
    return this.members.filter((other) => other.epoch === group.epoch && group.view.includes(other.name) && this.hears(member, other));
  }

  protected hasMajority(member: Simulated): boolean {
    const group = this.groupOf(member);
    return group !== undefined && group.view.includes(member.name) && this.component(member).length * 2 > group.view.length;
  }

  /** The failure detector: suspects, and expels if it speaks for a majority. */
  detect(member: Simulated): void {
    const group = this.groupOf(member);
    if (member.frozen) return;
    member.outdated = null;
    if (!group) return;
    const heard = this.component(member).map(({ name }) => name);
    member.unreachable = new Set(group.view.filter((name) => !heard.includes(name)));
    if (!group.view.includes(member.name)) return this.expelled(member); // it hears of it now
    if (heard.length * 2 > group.view.length && heard.length < group.view.length) this.installView(group, heard);
  }

  /** Cut off for longer than unreachable_majority_timeout. */
  giveUp(member: Simulated): void {
    if (!member.frozen && member.epoch !== null && !this.hasMajority(member)) this.expelled(member);
  }

  private expelled(member: Simulated): void {
    Object.assign(member, { state: 'ERROR', epoch: null, superReadOnly: true, outdated: null });
  }

  private installView(group: Group, view: string[]): void {
    group.view = view;
    group.counter += 1;
    if (!view.includes(group.primary) && view.length > 0) this.elect(group, view[0] as string);
    for (const member of this.members) {
      if (member.epoch === group.epoch) member.unreachable = new Set([...member.unreachable].filter((name) => view.includes(name)));
    }
  }

  private elect(group: Group, name: string): void {
    const old = this.members.find((member) => member.name === group.primary);
    if (old?.epoch === group.epoch && !old.frozen) old.superReadOnly = true;
    group.primary = name;
    const chosen = this.members.find((member) => member.name === name) as Simulated;
    this.replay(chosen, group);
    chosen.superReadOnly = false;
  }

  /** The applier catches up. */
  apply(member: Simulated): void {
    const group = this.groupOf(member);
    if (group && this.hasMajority(member)) this.replay(member, group);
  }

  /** MySQL goes by the names alone: what it has under a name already, it skips. */
  private replay(member: Simulated, group: Group): void {
    const held = new Set([...member.executed].map((id) => this.gtidOf.get(id)));
    addAll(
      member.executed,
      [...group.log].filter((id) => !held.has(this.gtidOf.get(id))),
    );
  }

  switchover(from: Simulated, to: Simulated): void {
    const group = this.groupOf(from);
    if (group?.primary === from.name && this.hasMajority(from) && to !== from && this.component(from).includes(to))
      this.elect(group, to.name);
  }

  protected leave(member: Simulated): void {
    const group = this.groupOf(member);
    Object.assign(member, { state: 'OFFLINE', epoch: null, superReadOnly: true, outdated: null });
    if (group?.view.includes(member.name))
      this.installView(
        group,
        group.view.filter((name) => name !== member.name),
      );
  }

  /** A clean shutdown of mysqld or machine. */
  stop(member: Simulated): void {
    if (this.hasMajority(member)) this.leave(member);
    this.crash(member);
  }

  /** START GROUP_REPLICATION comes to its end. */
  finishStart(member: Simulated, glitch: boolean): void {
    const { starting } = member;
    if (member.frozen) return;
    member.starting = null;
    if (!member.up || starting === null) return;
    let success = true;
    if (starting.as === 'founder') this.found(member, starting.groupName);
    else success = this.enter(member, starting.groupName, glitch);
    if (!success) member.failures += 1;
    if (member.busy) member.busy = null;
  }

  private found(member: Simulated, name: string): Group {
    const group: Group = {
      epoch: `e${++this.counter}`,
      name,
      counter: 1,
      view: [member.name],
      primary: member.name,
      log: new Set(member.executed),
    };
    this.groups.set(group.epoch, group);
    Object.assign(member, { state: 'ONLINE', epoch: group.epoch, superReadOnly: false, unreachable: new Set() });
    return group;
  }

  private enter(member: Simulated, name: string, glitch: boolean): boolean {
    const seed = this.members.find(
      (other) =>
        other !== member && this.hears(member, other) && this.hasMajority(other) && !this.groupOf(other)?.view.includes(member.name),
    );
    const group = seed && this.groupOf(seed);
    const theirs = new Set([...(group?.log ?? [])].map((id) => this.gtidOf.get(id)));
    if (group?.name === name && [...member.executed].every((id) => theirs.has(this.gtidOf.get(id)))) {
      this.installView(group, [...group.view, member.name]);
      Object.assign(member, { state: 'ONLINE', epoch: group.epoch, superReadOnly: true, unreachable: new Set() });
      this.replay(member, group);
      return true;
    }
    // seen with MySQL: a join while the group loses its majority ends as PRIMARY of a group of one
    if (glitch && !group) this.found(member, name);
    return glitch && !group;
  }

  // --- clients

  /** A write straight to this member, or (byHealth) by a router that follows its health answer. */
  write(member: Simulated, byHealth: boolean): void {
    if (byHealth && !member.writableByHealth) return;
    const group = this.groupOf(member);
    if (!group || group.primary !== member.name || member.superReadOnly || !this.hasMajority(member)) return;
    const id = ++this.counter;
    const acknowledgedByMany = this.component(member).length >= majorityOf(electorate(this.report(member)));
    if (!acknowledgedByMany && !byHealth) this.strayWrites = true;
    if (acknowledgedByMany || byHealth) {
      const lost = [...this.committed].filter((old) => !group.log.has(old));
      if (lost.length > 0) throw new Violation(`${member.name} accepts writes without transactions ${lost.join()}`);
      this.committed.add(id);
    }
    this.gtidOf.set(id, `${group.name}:${1 + [...group.log].filter((old) => this.gtidOf.get(old)?.startsWith(`${group.name}:`)).length}`);
    group.log.add(id);
    member.executed.add(id);
  }

  /** Somebody writes to a member that is in no group: a transaction that nobody else has, numbered by the member itself. */
  writeAlone(member: Simulated): void {
    if (!member.up || member.frozen || member.epoch !== null || member.busy || member.starting) return;
    const id = ++this.counter;
    const own = [...member.executed].filter((old) => this.gtidOf.get(old)?.startsWith(`${member.uuid}:`));
    this.gtidOf.set(id, `${member.uuid}:${1 + own.length}`);
    member.executed.add(id);
    this.strayWrites = true;
  }

  // --- what its agent sees

  sample(member: Simulated): Sample {
    if (member.outdated)
      return {
        ...member.outdated,
        superReadOnly: member.superReadOnly,
        readOnly: member.superReadOnly && !member.settingReadOnly,
        changing: member.starting !== null,
      };
    const group = this.groupOf(member);
    return {
      serverUuid: member.uuid,
      version: 'simulated',
      groupName: group?.name ?? GROUP_NAME,
      state: member.state,
      role: group ? (group.primary === member.name ? 'PRIMARY' : 'SECONDARY') : null,
      superReadOnly: member.superReadOnly,
      readOnly: member.superReadOnly && !member.settingReadOnly,
      view: group ? { epoch: group.epoch, counter: group.counter } : null,
      members: (group?.view ?? []).map((name) => ({
        name,
        state: member.unreachable.has(name) ? 'UNREACHABLE' : 'ONLINE',
        role: group?.primary === name ? 'PRIMARY' : 'SECONDARY',
      })),
      executed: this.gtids(member.executed),
      received: '',
      purged: '',
      changing: member.starting !== null,
      applierQueue: 0,
    };
  }

  report(member: Simulated): Report {
    return {
      name: member.name,
      configured: member.configured,
      memory: member.memory,
      sample: member.frozen ? null : this.sample(member),
      busy: member.busy?.kind ?? null,
      disk: null,
    };
  }

  protected gtids(ids: ReadonlySet<number>): string {
    return ids.size === 0 ? '' : formatGtidSet(parseGtidSet([...ids].map((id) => this.gtidOf.get(id)).join(',')));
  }
}

function pair(a: Simulated, b: Simulated): string {
  return [a.name, b.name].sort().join();
}

export function addAll(target: Set<number>, source: Iterable<number>): void {
  for (const id of source) target.add(id);
}
