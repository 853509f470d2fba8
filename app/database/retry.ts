import { setTimeout as sleep } from 'node:timers/promises';
import { classify, DatabaseUnavailable, mayRepeat } from './errors';

export interface Clock {
  /** Milliseconds; only differences count. */
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
  /** 0 <= x < 1 */
  random(): number;
}

export const realClock: Clock = { now: () => performance.now(), sleep: (milliseconds) => sleep(milliseconds), random: Math.random };

export interface Attempt {
  /** Counts from 1. */
  readonly number: number;
  /** Until the request's time is over. */
  readonly remainingMilliseconds: number;
  /** An earlier attempt may have been committed: what is found now may be its work. */
  readonly afterUnclear: boolean;
}

export interface RetryOptions {
  readonly clock: Clock;
  /** Time for all attempts together. */
  readonly withinMilliseconds: number;
  /** True if doing it twice is the same as doing it once: a read, or a write with an idempotency key. */
  readonly harmless: boolean;
  readonly onRetry?: (error: unknown, attempt: Attempt) => void;
}

const FIRST_DELAY = 50;
const LONGEST_DELAY = 250;

/**
 * Repeats an attempt while the database fails over, if it may be repeated and as long as there is time. The user
 * waits; only when the time is over is there an error, which says whether the outcome is known.
 */
export async function retry<T>(options: RetryOptions, attempt: (attempt: Attempt) => Promise<T>): Promise<T> {
  const { clock, withinMilliseconds, harmless, onRetry } = options;
  const end = clock.now() + withinMilliseconds;
  let afterUnclear = false;
  for (let number = 1; ; number++) {
    const current = { number, remainingMilliseconds: Math.max(1, end - clock.now()), afterUnclear };
    try {
      return await attempt(current);
    } catch (error) {
      const outcome = classify(error);
      if (outcome === 'permanent') throw error;
      afterUnclear ||= outcome === 'unclear';
      const delay = delayAfter(number, clock.random());
      if (!mayRepeat(outcome, { harmless }) || clock.now() + delay >= end) {
        throw new DatabaseUnavailable(afterUnclear ? 'unclear' : 'not-executed', { cause: error });
      }
      onRetry?.(error, current);
      await clock.sleep(delay);
    }
  }
}

/** Exponential, between half and all of 50, 100, 200, 250, 250 ... ms: many that failed together must not come back together. */
export function delayAfter(attempt: number, random: number): number {
  const delay = Math.min(FIRST_DELAY * 2 ** (attempt - 1), LONGEST_DELAY);
  return delay / 2 + (delay / 2) * random;
}
