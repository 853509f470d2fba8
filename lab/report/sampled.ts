import type { Operation } from '../checkers';

/** So many dots of one kind a lane can show; more would be a band without holes, and a page of megabytes. */
const SHOWN = 4000;

/** All that did not succeed; of a great many that did, every n-th, and all that took unusually long. */
export function sampled(operations: readonly Operation[]): readonly Operation[] {
  const step = Math.ceil(operations.length / SHOWN);
  if (step <= 1) return operations;
  return operations.filter(
    (operation, n) => operation.outcome !== 'acknowledged' || n % step === 0 || operation.end - operation.start >= SLOW_MILLISECONDS,
  );
}

const SLOW_MILLISECONDS = 500;
