import type { Memory, Report } from './report';

export interface Situation {
  readonly self: Report;
  /** Every other configured member; null: its agent does not answer. */
  readonly peers: ReadonlyMap<string, Report | null>;
  /** Attempts to join that failed since the last success, and how long ago the last one was. */
  readonly joinFailures: number;
  readonly sinceJoinFailureMs: number;
  /** The last attempt to hand over the PRIMARY's role failed, or did not end. */
  readonly handOverFailed: boolean;
  readonly configuredGroupName: string;
}

/** Nothing for the agent to do now. */
export type Idle = { readonly kind: 'stay' | 'wait' } | { readonly kind: 'needs-operator'; readonly instruction: string };
/** Needs the other member's server_uuid, which the agent takes from that member's report. */
export interface HandOver {
  readonly kind: 'hand-over';
  readonly to: string;
}
/** What one session with the local mysqld, or a file, can do. */
export type LocalAction =
  | { readonly kind: 'leave' | 'fence' | 'unfence' | 'apply-relay-log' | 'end-mysqld' }
  | { readonly kind: 'bootstrap' | 'reboot-group'; readonly incarnation: number; readonly groupName: string }
  | { readonly kind: 'join' | 'rejoin'; readonly groupName: string }
  | { readonly kind: 'join-by-clone'; readonly donor: string }
  | { readonly kind: 'report-errant'; readonly errant: string };
export type Action = Idle | HandOver | LocalAction;

export interface Decision {
  readonly action: Action;
  /** One sentence for people: log, status, metrics. */
  readonly reason: string;
  /** To be written and synced before the action starts. The same object as before: nothing to write. */
  readonly memory: Memory;
  /** Act only after the decision has stayed the same for this time: a report may be older than what it is compared with. */
  readonly afterMs: number;
}

export function isIdle(action: Action): action is Idle {
  return ['stay', 'wait', 'needs-operator'].includes(action.kind);
}

export function decision(memory: Memory, action: Action, reason: string, afterMs = 0): Decision {
  return { memory, action, reason, afterMs };
}

export function needsOperator(memory: Memory, reason: string, instruction: string): Decision {
  return decision(memory, { kind: 'needs-operator', instruction }, reason);
}

export function reports(peers: ReadonlyMap<string, Report | null>): readonly Report[] {
  return [...peers.values()].filter((peer): peer is Report => peer !== null);
}

export function names(list: readonly Report[]): string {
  return list.map((peer) => peer.name).join(', ');
}
