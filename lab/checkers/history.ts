/**
 * Streams of operations. `probe` opens a new connection for every request; `direct-write` writes by SQL to one member, past
 * the routers; `egress` are requests to the outside from a machine without a public address.
 */
export type Stream =
  'probe' | 'keep-alive' | 'get' | 'write' | 'patient-write' | 'read' | 'download' | 'events' | 'direct-write' | 'egress';

/** `unknown`: sent, but the answer never came. The write may or may not have happened, now or later. */
export type OperationOutcome = 'acknowledged' | 'failed' | 'unknown';

/** The numbered note that a write stored, or that a read asked for. */
export interface NoteUse {
  /** Idempotency key: the same for every attempt. */
  readonly key: string;
  readonly text: string;
  /** As the server named it; absent while no server has answered. */
  readonly id?: string;
  /** Reads only: the text that was answered, or null for "no such note". */
  readonly seen?: string | null;
}

export interface Operation {
  readonly stream: Stream;
  /** Milliseconds since the epoch, from the clock of the client; `end` is when the outcome was known. */
  readonly start: number;
  readonly end: number;
  readonly outcome: OperationOutcome;
  /** HTTP status of the last attempt. */
  readonly status?: number;
  /** Why it did not succeed, as the client reports it. */
  readonly error?: string;
  /** @default 1 */
  readonly attempts?: number;
  readonly servedBy?: { readonly web?: string; readonly app?: string; readonly database?: string };
  readonly note?: NoteUse;
  /** direct-write and egress: the machine that was written to, or that asked. */
  readonly member?: string;
}

/** A moment of the story. `inject`: a fault was requested; `effect`: its effect was seen; `recover`: its recovery began. */
export interface Mark {
  readonly at: number;
  readonly kind: 'inject' | 'effect' | 'recover' | 'note' | 'healthy';
  readonly text: string;
}

/** An observed state from `at` on: the holder of the floating IP, the VRRP state of lb-1. */
export interface Observation {
  readonly at: number;
  /** `floating-ip`, `nat-gateway`, `primary`, or the name of a host. */
  readonly subject: string;
  /** null: nobody, or no answer. */
  readonly value: string | null;
}

/** The notes that one member holds after the run. */
export interface MemberRows {
  readonly member: string;
  readonly rows: readonly { readonly id: string; readonly key: string; readonly text: string }[];
}

export interface Evidence {
  readonly operations: readonly Operation[];
  readonly marks: readonly Mark[];
  readonly observations: readonly Observation[];
  /** Absent if no member could be asked; lost writes are unknown then. */
  readonly members?: readonly MemberRows[];
  /** Keys of this run in the dumps of transactions that only one member held. */
  readonly setAside?: readonly string[];
}

export function ofStream(operations: readonly Operation[], ...streams: readonly Stream[]): Operation[] {
  return operations.filter((operation) => streams.includes(operation.stream)).sort((a, b) => a.start - b.start);
}

export function firstMark(evidence: Evidence, kind: Mark['kind']): Mark | undefined {
  return evidence.marks.find((mark) => mark.kind === kind);
}

export function isWrite(operation: Operation): boolean {
  return ['write', 'patient-write', 'direct-write'].includes(operation.stream);
}
