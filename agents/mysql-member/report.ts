/** What a member knows of itself, and publishes to its peers on GET /status. Plain data, no behaviour. */

import type { Disk } from './disk';

export const STATES = ['ONLINE', 'RECOVERING', 'UNREACHABLE', 'ERROR', 'OFFLINE'] as const;
/** Member states, as MySQL prints them. */
export type MemberState = (typeof STATES)[number];
export type Role = 'PRIMARY' | 'SECONDARY';

/** One member of the group's present view, as this member's MySQL sees it. */
export interface ViewMember {
  readonly name: string;
  readonly state: MemberState;
  readonly role: Role | null;
}

/** One look at the local mysqld. */
export interface Sample {
  readonly serverUuid: string;
  readonly version: string;
  readonly groupName: string;
  readonly state: MemberState;
  readonly role: Role | null;
  readonly superReadOnly: boolean;
  /** ON whenever super_read_only is, and not OFF again by itself when that is. */
  readonly readOnly: boolean;
  /** The view's id in two parts, `epoch:counter`. MySQL draws a new epoch whenever a group is bootstrapped. */
  readonly view: { readonly epoch: string; readonly counter: number } | null;
  readonly members: readonly ViewMember[];
  /** GTID sets. `received` is what the applier channel has in its relay log. */
  readonly executed: string;
  readonly received: string;
  readonly purged: string;
  /** A START or STOP GROUP_REPLICATION is running, of the agent or of a person. */
  readonly changing: boolean;
  /** Transactions received and not yet applied. */
  readonly applierQueue: number;
}

/** A view in which this member was ONLINE together with a majority of the configured members. */
export interface MajorityView {
  readonly incarnation: number;
  readonly counter: number;
  readonly members: readonly string[];
}

/**
 * What must survive a crash: kept in a file on the data volume, written and synced before it is acted on.
 *
 * A group is bootstrapped by ballot: a candidate asks for the next incarnation number, and goes ahead only with the
 * votes of all configured members. Votes are promises and never repeated for a lower or equal number.
 */
export interface Memory {
  /** Incarnation of the group this member was last in; 0: never in one. */
  readonly incarnation: number;
  /** Highest ballot this member has voted in, or refused for good. */
  readonly promised: number;
  /** Whom it voted for in the ballot `promised`. Null: nobody, and it never will in that ballot. */
  readonly candidate: string | null;
  /** How the member last went towards a group: as its founder, or to join the one of that epoch. */
  readonly entering: 'bootstrap' | { readonly epoch: string; readonly incarnation: number } | null;
  /** Epoch of the group it accepted as the right one. */
  readonly epoch: string | null;
  readonly lastMajority: MajorityView | null;
  /** Members that have been ONLINE in a view with a majority: those that count for the next one. */
  readonly joined: readonly string[];
  /** The agent (not MySQL) took the PRIMARY's right to write, and gives it back. */
  readonly fenced: boolean;
  readonly groupName: string | null;
  /**
   * UUID in the GTIDs of this group since an operator founded it, perhaps without some transactions; null: the group name.
   * With the old UUID it would give the numbers of those transactions to others, and nobody could tell one from the other.
   */
  readonly lineage: string | null;
  /**
   * Errant transactions (a GTID set) of the present data that lie in a dump, so that a clone may replace them. Their names say nothing
   * of other data: after a clone the member gives the same numbers to whatever is written to it alone.
   */
  readonly setAside: string;
  /** Of the data that this memory is about: a new data directory has no past. */
  readonly serverUuid: string | null;
}

export const NO_MEMORY: Memory = {
  incarnation: 0,
  promised: 0,
  candidate: null,
  entering: null,
  epoch: null,
  lastMajority: null,
  joined: [],
  fenced: false,
  groupName: null,
  lineage: null,
  setAside: '',
  serverUuid: null,
};

export interface Report {
  readonly name: string;
  /** Names of all configured members, this one too, in the order of their ordinals. */
  readonly configured: readonly string[];
  readonly memory: Memory;
  /** Null: mysqld does not answer. */
  readonly sample: Sample | null;
  /** The action the agent is in the middle of, if any. */
  readonly busy: string | null;
  /** The data volume; null if it cannot be told. */
  readonly disk: Disk | null;
}

export function majorityOf(configured: readonly string[]): number {
  return Math.floor(configured.length / 2) + 1;
}

export function onlineIn(sample: Sample): readonly string[] {
  return sample.members.filter((member) => member.state === 'ONLINE').map((member) => member.name);
}

/**
 * The configured members that count for a majority. One that is configured newly counts once it has been ONLINE: a
 * group of three that shall become five can still lose one of its three meanwhile. Before there is a group, all count.
 */
export function electorate({ configured, memory }: Pick<Report, 'configured' | 'memory'>): readonly string[] {
  const joined = configured.filter((name) => memory.joined.includes(name));
  return joined.length > 0 ? joined : configured;
}

/** ONLINE, in a view in which most of the members that count are ONLINE too. */
export function inMajority(self: Pick<Report, 'sample' | 'configured' | 'memory'>): boolean {
  const { sample } = self;
  if (sample?.state !== 'ONLINE') return false;
  const counting = electorate(self);
  return onlineIn(sample).filter((name) => counting.includes(name)).length >= majorityOf(counting);
}

export function isOutside(sample: Sample): boolean {
  return sample.state === 'OFFLINE' || sample.state === 'ERROR';
}
