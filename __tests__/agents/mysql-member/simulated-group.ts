import type { Action } from '../../../agents/mysql-member/decision';
import { decide } from '../../../agents/mysql-member/decide';
import { announce, founded, givesWay } from '../../../agents/mysql-member/forced';
import { isSubset, parseGtidSet } from '../../../agents/mysql-member/gtid';
import { isRecorded, primaryHealth } from '../../../agents/mysql-member/health';
import { electorate, inMajority, majorityOf, type Report } from '../../../agents/mysql-member/report';
import { addAll, SimulatedMembers, Violation, type Simulated } from './simulated-members';
import { GROUP_NAME } from './situations';

/** The members' agents, whose reports come late, operators, and the promises that are watched after every step. */
export class SimulatedGroup extends SimulatedMembers {
  readonly bootstraps: { readonly incarnation: number; readonly groupName: string; readonly by: string }[] = [];
  /** Acknowledged, and not among what an operator founded a group with. */
  readonly givenUp = new Set<number>();

  /** Asks a peer; its answer arrives at once, or (slow) when deliver is called. One question a peer at a time. */
  poll(member: Simulated, peer: Simulated, slow: boolean): void {
    if (!member.up || member === peer || member.underWay.has(peer.name)) return;
    if (!this.connected(member, peer)) member.known.delete(peer.name);
    else (slow ? member.underWay : member.known).set(peer.name, this.report(peer));
  }

  deliver(member: Simulated): void {
    for (const [name, report] of member.underWay) member.known.set(name, report);
    member.underWay.clear();
  }

  tick(member: Simulated): void {
    if (!member.up) return;
    const { settingReadOnly } = member;
    const peers = new Map(member.configured.filter((name) => name !== member.name).map((name) => [name, member.known.get(name) ?? null]));
    const { action, memory, afterMs, reason } = decide({
      self: this.report(member),
      peers,
      joinFailures: 0,
      sinceJoinFailureMs: 0,
      handOverFailed: false,
      configuredGroupName: GROUP_NAME,
    });
    const settled = afterMs === 0 || member.lastKind === action.kind;
    member.lastKind = action.kind;
    member.lastAction = action;
    member.lastReason = reason;
    if (settled) {
      member.memory = member.memoryFile = memory;
      if (!member.busy || action.kind === 'fence') this.act(member, action);
    }
    this.refreshHealth(member, peers);
    this.checkFence(member);
    if (settingReadOnly) member.settingReadOnly = false;
  }

  private refreshHealth(member: Simulated, peers: ReadonlyMap<string, Report | null>): void {
    const self = this.report(member);
    const known = [...peers.values()].filter((peer): peer is Report => peer !== null);
    if (isRecorded(self, known)) member.recordedEpoch = self.memory.epoch;
    const recorded = member.recordedEpoch !== null && member.recordedEpoch === self.sample?.view?.epoch;
    member.writableByHealth = primaryHealth({ self, recorded, sampleAgeMs: 0, peers: known }).ok;
  }

  private act(member: Simulated, action: Action): void {
    switch (action.kind) {
      case 'bootstrap':
      case 'reboot-group':
        this.checkBootstrap(member, action);
        Object.assign(member, { busy: action, starting: { as: 'founder', groupName: action.groupName }, state: 'OFFLINE', outdated: null });
        return;
      case 'join':
      case 'rejoin':
        Object.assign(member, { busy: action, starting: { as: 'joiner', groupName: action.groupName }, state: 'OFFLINE', outdated: null });
        return;
      case 'join-by-clone':
        return this.clone(member, action.donor);
      case 'report-errant':
        addAll(member.setAside, this.named(member, action.errant));
        this.noteSetAside(member, action.errant);
        return;
      case 'leave':
        return this.leave(member);
      case 'fence':
        member.superReadOnly = member.settingReadOnly = true;
        return;
      case 'unfence':
        if (this.groupOf(member)?.primary === member.name) member.superReadOnly = false;
        return;
      default:
    }
  }

  /** Operators give the command on each of these members that asks for it, at the same moment. */
  operatorsFound(told: readonly Simulated[]): void {
    if (this.cuts.size > 0) return;
    const able = told.filter(
      (member) => member.up && !member.frozen && !member.busy && !member.starting && member.lastAction?.kind === 'needs-operator',
    );
    const othersOf = (member: Simulated) => {
      for (const peer of this.members) this.poll(member, peer, false);
      return [...member.known.values()];
    };
    const announced = able.filter((member) => othersOf(member).every(({ sample }) => sample?.state !== 'ONLINE'));
    for (const member of announced) member.memory = member.memoryFile = announce(this.report(member), [...member.known.values()]);
    const ballots = announced.map(({ memory }) => memory.promised);
    for (const member of this.members) othersOf(member);
    for (const member of this.members) this.tick(member);
    announced.forEach((member, n) => {
      const ballot = ballots[n] as number;
      if (member.busy || givesWay(this.report(member), othersOf(member), ballot) !== null) return;
      const lineage = `lineage-${++this.counter}`;
      member.memory = member.memoryFile = founded(member.memory, ballot, lineage);
      for (const id of [...this.committed].filter((old) => !member.executed.has(old))) {
        this.committed.delete(id);
        this.givenUp.add(id);
      }
      this.act(member, { kind: 'reboot-group', incarnation: ballot, groupName: lineage });
    });
  }

  private noteSetAside(member: Simulated, setAside: string): void {
    member.memory = member.memoryFile = { ...member.memory, setAside };
  }

  /** Those of its transactions that have these names. */
  private named(member: Simulated, errant: string): number[] {
    const names = parseGtidSet(errant);
    return [...member.executed].filter((id) => isSubset(parseGtidSet(this.gtidOf.get(id) as string), names));
  }

  private clone(member: Simulated, donorName: string): void {
    const donor = this.members.find(({ name }) => name === donorName) as Simulated;
    if (!this.hears(member, donor) || donor.state !== 'ONLINE') return;
    const group = this.groupOf(donor);
    const known = new Set([...(group?.log ?? []), ...member.setAside]);
    const lost = [...member.executed].filter((id) => !known.has(id));
    if (lost.length > 0) throw new Violation(`a clone drops ${lost.join()} from ${member.name}`);
    const dropped = [...this.committed].filter((id) => member.executed.has(id) && !group?.log.has(id));
    if (dropped.length > 0) throw new Violation(`a clone drops the committed ${dropped.join()} from ${member.name}`);
    member.executed = new Set(donor.executed);
    this.noteSetAside(member, '');
  }

  private checkBootstrap(
    member: Simulated,
    { incarnation, groupName }: { readonly incarnation: number; readonly groupName: string },
  ): void {
    // of two that operators found on members that never heard of each other, each has a lineage of its own
    if (this.bootstraps.some((other) => other.incarnation === incarnation && other.groupName === groupName))
      throw new Violation(`incarnation ${incarnation} is bootstrapped twice`);
    this.bootstraps.push({ incarnation, groupName, by: member.name });
    const lost = [...this.committed].filter((id) => !member.executed.has(id));
    if (lost.length > 0) throw new Violation(`${member.name} bootstraps without ${lost.join()}`);
    const counted = (other: Simulated) => electorate(this.report(other));
    const live = this.members.find(
      (other) =>
        this.hasMajority(other) &&
        this.component(other).filter(({ name }) => counted(other).includes(name)).length >= majorityOf(counted(other)),
    );
    if (live) throw new Violation(`${member.name} bootstraps while ${live.name} is in a group with a majority`);
  }

  private checkFence(member: Simulated): void {
    if (!member.frozen && !member.superReadOnly && !inMajority(this.report(member)))
      throw new Violation(`${member.name} stays writable outside of the majority`);
  }

  // --- at the end

  /** All machines and links up, and enough time for everything. */
  settle(): void {
    this.healAll();
    for (const member of this.members) this.boot(member);
    for (const member of this.members) this.wake(member);
    for (let round = 0; round < 60; round += 1) {
      for (const member of this.members) {
        this.detect(member);
        this.giveUp(member);
        this.apply(member);
        this.deliver(member);
        for (const peer of this.members) this.poll(member, peer, false);
        this.tick(member);
        this.finishStart(member, false);
      }
    }
  }

  get isHealthy(): boolean {
    const members = this.members.filter(({ name, configured }) => configured.includes(name));
    const epochs = new Set(members.map(({ epoch }) => epoch));
    return (
      epochs.size === 1 &&
      this.members.every((member) => members.includes(member) || member.epoch === null) &&
      members.every((member) => member.state === 'ONLINE' && [...this.committed].every((id) => member.executed.has(id))) &&
      this.members.filter(({ writableByHealth }) => writableByHealth).length === 1
    );
  }

  /** What left the database by an operator's decision lies in a dump, or is still where it was. */
  get isAllKept(): boolean {
    return [...this.givenUp].every((id) => this.members.some(({ executed, setAside }) => executed.has(id) || setAside.has(id)));
  }

  get waitsForOperator(): boolean {
    return this.members.some(({ lastAction }) => lastAction?.kind === 'needs-operator');
  }

  describe(): string {
    return this.members
      .map(
        (member) =>
          `${member.name} ${member.up ? member.state : 'down'} ${member.lastAction?.kind} (${member.lastReason}) [${[...member.executed].join()}]`,
      )
      .join('; ');
  }
}
