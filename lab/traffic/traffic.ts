import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ofStream, type Operation, type Stream } from '../checkers/history';
import { now, pause } from './clock';
import type { Target } from './request';
import type { StreamName } from './workload';

export interface TrafficOptions {
  readonly target: Target;
  readonly streams: readonly StreamName[];
  /** Share of the usual rates of requests. @default 1 */
  readonly rate?: number | undefined;
  /** For how long clients go on trying that repeat a request. @default 30000 */
  readonly patienceMilliseconds?: number | undefined;
  /** The same seed gives the same choices of the clients. */
  readonly seed: string;
  /** Prefix of every note; must never be used twice against one database. */
  readonly runId: string;
}

export type ToWorker = ({ readonly kind: 'start' } & TrafficOptions) | { readonly kind: 'stop' };
export type FromWorker =
  { readonly kind: 'operations'; readonly operations: Operation[] } | { readonly kind: 'done'; readonly error?: string };

export interface Traffic {
  /** All operations so far, in the order in which their outcomes became known. */
  readonly history: readonly Operation[];
  /** Ends all streams, lets what is under way finish, and gives the whole history. Safe to call twice. */
  stop(): Promise<readonly Operation[]>;
  /** True once `count` requests in a row, all begun after the call, have succeeded; false when the time is over. */
  serving(options?: { stream?: Stream; count?: number; timeoutMilliseconds?: number }): Promise<boolean>;
}

/** Starts real clients in a process of their own. */
export function startTraffic(options: TrafficOptions): Traffic {
  const history: Operation[] = [];
  const worker = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), { execArgv: ['--import', 'tsx'], serialization: 'advanced' });
  let failure: string | undefined = 'the process of the clients ended early';
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'operations') history.push(...message.operations);
    else failure = message.error;
  });
  worker.on('error', (error) => (failure = String(error)));
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const failed = () => new Error(`the clients broke down, so the history is incomplete: ${failure}`);
  worker.send({ kind: 'start', ...options } satisfies ToWorker);

  return {
    history,
    async stop() {
      if (worker.connected) worker.send({ kind: 'stop' } satisfies ToWorker);
      await ended;
      if (failure) throw failed();
      return history;
    },
    async serving({ stream = 'probe', count = 20, timeoutMilliseconds = 60_000 } = {}) {
      const from = now();
      while (now() < from + timeoutMilliseconds) {
        if (worker.exitCode !== null) throw failed();
        const latest = ofStream(history, stream)
          .slice(-count)
          .filter((operation) => operation.start >= from);
        if (latest.length === count && latest.every((operation) => operation.outcome === 'acknowledged')) return true;
        await pause(100);
      }
      return false;
    },
  };
}
