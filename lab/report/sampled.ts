import type { Operation } from '../checkers';

/** Most dots of one kind in a lane; more would merge into a band, and make a page of megabytes. */
const SHOWN = 4000;

/** Keeps all that did not succeed. Of very many that did, every n-th, and all that took unusually long. */
export function sampled(operations: readonly Operation[]): readonly Operation[] {
  const step = Math.ceil(operations.length / SHOWN);
  if (step <= 1) return operations;
  return operations.filter(
    (operation, n) => operation.outcome !== 'acknowledged' || n % step === 0 || operation.end - operation.start >= SLOW_MILLISECONDS,
  );
}

const SLOW_MILLISECONDS = 500;
