import type { Action } from './decision';
import type { Dump } from './errant';
import type { Health } from './health';
import type { MemberState, Report, Role, ViewMember } from './report';

/** GET /status: for people, for `lab status`, and (report) for the other members. */
export interface AgentStatus {
  readonly name: string;
  /** DOWN: mysqld does not answer. */
  readonly state: MemberState | 'DOWN';
  readonly role: Role | null;
  readonly members: readonly ViewMember[];
  readonly gtidExecuted: string | null;
  readonly applierQueue: number | null;
  /** How long ago, in seconds, the PRIMARY had already what this member lacks: see lag.ts. */
  readonly lagSeconds: number | null;
  readonly version: string | null;
  readonly sampleAgeMs: number | null;
  /** Why the last look at mysqld failed, if it did. */
  readonly lookFailure: string | null;
  /** What somebody should look at; one sentence each. */
  readonly warnings: readonly string[];
  readonly primary: Health;
  readonly reader: Health;
  readonly lastDecision: (Action & { readonly reason: string }) | null;
  readonly lastAction: { readonly kind: string; readonly at: string; readonly outcome: string } | null;
  readonly joinFailures: number;
  /** Of transactions that only this member had, the oldest first, as of the last action. */
  readonly dumps: readonly Dump[];
  /** Peer to its member state, DOWN, or NO ANSWER of its agent. */
  readonly peers: Readonly<Record<string, string>>;
  /** Actions started, by kind. */
  readonly actions: Readonly<Record<string, number>>;
  readonly report: Report;
}
