import { pause } from '../http';

export interface RetryOptions {
  readonly tries: number;
  readonly retryIf: (error: unknown) => boolean;
  readonly signal: AbortSignal;
}

/** The provider's own retries around an operation: 1, 2, 4, 8, ... s after each failure, also after the last. */
export async function retrying<T>(work: () => Promise<T>, { tries, retryIf, signal }: RetryOptions): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !retryIf(error)) throw error;
      await pause(Math.min(2 ** attempt, 60) * 1000, signal);
      if (attempt + 1 >= tries) throw error;
    }
  }
}

/** Waits before the polls of an action: doubling from the interval up to the cap, or always the interval. */
export function exponential(intervalMs: number, capMs: number): (poll: number) => number {
  return (poll) => Math.min(intervalMs * 2 ** poll, capMs);
}
export function constant(intervalMs: number): (poll: number) => number {
  return () => intervalMs;
}

const UNITS_MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A Go duration such as `500ms` or `1m30s` in milliseconds; null if it is none. */
export function parseDuration(text: string): number | null {
  if (!/^(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return null;
  return [...text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (UNITS_MS[unit ?? ''] ?? 0),
    0,
  );
}
