import { now, pause } from './clock';
import type { Random } from './random';
import type { Ask, Target } from './request';
import { attempt, type Result } from './stream';

/** For how long a client repeats a request that has no answer. */
export const USUAL_PATIENCE_MILLISECONDS = 30_000;

export interface RetryPolicy {
  /** Begin no further attempt after this time, in milliseconds. @default 30000 */
  readonly deadlineMilliseconds?: number | undefined;
  /** One attempt's time, in milliseconds. @default 3000 */
  readonly attemptMilliseconds?: number;
  /** Between attempts, in milliseconds; half of it is random. @default 100 */
  readonly pauseMilliseconds?: number;
}

export interface RetriedResult extends Result {
  readonly attempts: number;
  /** An attempt without a definite answer got as far as being sent: it may have been executed. */
  readonly maybeExecuted: boolean;
}

/** Statuses that say "not now": the server may have executed the request, or not. */
const RETRIED = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Repeats a request, unchanged, until it gets a definite answer or the deadline has passed. Only for GETs and for
 * writes that carry an idempotency key.
 */
export async function retrying(target: Target, ask: Ask, random: Random, policy: RetryPolicy = {}): Promise<RetriedResult> {
  const { deadlineMilliseconds = USUAL_PATIENCE_MILLISECONDS, attemptMilliseconds = 3000, pauseMilliseconds = 100 } = policy;
  const deadline = now() + deadlineMilliseconds;
  let maybeExecuted = false;
  for (let attempts = 1; ; attempts += 1) {
    const result = await attempt(target, { ...ask, totalMilliseconds: attemptMilliseconds });
    const definite = result.answer !== undefined && !RETRIED.has(result.answer.status);
    maybeExecuted ||= !definite && result.error?.progress !== 'connecting';
    if (definite || now() >= deadline) return { ...result, attempts, maybeExecuted };
    await pause(pauseMilliseconds * (0.5 + random.next()));
  }
}
