import { atRate } from '../traffic';

export interface Repeated {
  /** Begins no new work, and resolves when the present work has ended. */
  readonly stop: () => Promise<void>;
}

/** Runs work at a fixed rate, however long each run takes. The work itself records its failures. */
export function repeatedly(everyMilliseconds: number, work: (number: number) => Promise<void>): Repeated {
  const stopping = new AbortController();
  const open = new Set<Promise<void>>();
  const loop = atRate(1000 / everyMilliseconds, stopping.signal, (n) => {
    const one = work(n + 1)
      .catch(() => undefined)
      .finally(() => open.delete(one));
    open.add(one);
  });
  return {
    async stop() {
      stopping.abort();
      await loop;
      await Promise.all(open);
    },
  };
}
