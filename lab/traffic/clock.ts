import { performance } from 'node:perf_hooks';

/** Milliseconds since the epoch that never jump: a correction of the machine's clock must not look like an outage. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Resolves after the time, or at once when the signal is aborted; never rejects. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, milliseconds));
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Calls `tick` at a fixed rate, whether or not earlier calls have finished: slow answers must not lower the rate of requests. */
export async function atRate(perSecond: number, signal: AbortSignal, tick: (n: number) => void): Promise<void> {
  const started = now();
  for (let n = 0; !signal.aborted; n += 1) {
    await pause(started + (n * 1000) / perSecond - now(), signal);
    if (!signal.aborted) tick(n);
  }
}
