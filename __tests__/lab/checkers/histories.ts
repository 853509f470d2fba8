import type { Evidence, MemberRows, Operation, OperationOutcome, Stream } from '../../../lab/checkers';

/** A valid default operation: a probe at `start` that took 10 ms. */
export function operation(start: number, overrides: Partial<Operation> = {}): Operation {
  return { stream: 'probe', start, end: start + 10, outcome: 'acknowledged', status: 200, ...overrides };
}

/** Probes every 50 ms; `+` succeeds, `-` fails after a second. */
export function probes(pattern: string, stream: Stream = 'probe'): Operation[] {
  return [...pattern].map((letter, n) =>
    operation(
      n * 50,
      letter === '+' ? { stream } : { stream, outcome: 'failed', end: n * 50 + 1000, status: undefined, error: 'no connection' },
    ),
  );
}

/** The note `key`, written at `start`. */
export function write(
  start: number,
  key: string,
  outcome: OperationOutcome = 'acknowledged',
  overrides: Partial<Operation> = {},
): Operation {
  return operation(start, { stream: 'write', outcome, status: 201, note: { key, text: `text of ${key}`, id: key }, ...overrides });
}

export function read(start: number, key: string, seen: string | null): Operation {
  return operation(start, { stream: 'read', note: { key, text: `text of ${key}`, id: key, seen } });
}

export function members(...keys: readonly (readonly string[])[]): MemberRows[] {
  return keys.map((held, n) => ({ member: `db-${n + 1}`, rows: held.map((key) => ({ id: key, key, text: `text of ${key}` })) }));
}

export function evidence(operations: readonly Operation[], overrides: Partial<Evidence> = {}): Evidence {
  return { operations, marks: [], observations: [], ...overrides };
}
