import { atRate } from '../traffic';

export interface Repeated {
  /** Begins nothing new, and resolves when what is under way has ended. */
  readonly stop: () => Promise<void>;
}

/** Does something at a fixed rate, however long each takes. What fails is the work's own to write down. */
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
