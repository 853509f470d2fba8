import { z } from 'zod';
import { run } from '../../lab/machines/command';

/** Kept, each used again when it has its answer: enough for answers that take 128 ms. */
const CONNECTIONS = 64;
/** Writes wait for a slow disk. */
const PATIENCE_SECONDS = 20;
/** Where nobody says otherwise. */
export const PER_SECOND = 500;
/** Before the first request, while connections are opened: as in paced.lua. wrk knows only whole seconds. */
const OPENING_SECONDS = 1;
/** More than anything here answers. */
const FULL = 1_000_000;

export interface Paced {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** From the first byte of a request to the last one of its answer, in milliseconds. */
  readonly median: number;
  readonly p99: number;
}

export interface PacedOptions {
  readonly url: string;
  readonly host: string;
  readonly seconds: number;
  /** Requests a second of all connections together; `full`: as many as are answered. @default 500 */
  readonly pace?: number | 'full';
  /** Stores notes; begins their idempotency keys, and must be new each time. @default asks for pages */
  readonly writes?: string;
  /** Words before the command, such as those that lead into a machine's network. @default none */
  readonly from?: readonly string[];
}

const result = z.object({
  requests: z.number(),
  microseconds: z.number(),
  median: z.number(),
  p99: z.number(),
  failed: z.number(),
});

/**
 * Evenly spaced requests, for some seconds after the connections are open. Their moments do not wait for answers, unless all connections do:
 * then fewer are sent than asked for, as the result says, and wrk counts those that it could not send as if they had waited, too.
 * @throws if one fails
 */
export async function paced({ url, host, seconds, pace = PER_SECOND, writes, from = [] }: PacedOptions): Promise<Paced> {
  const script = new URL('./paced.lua', import.meta.url).pathname;
  const perSecond = pace === 'full' ? FULL : pace;
  const load = [
    'wrk',
    '-t1',
    `-c${CONNECTIONS}`,
    `-d${OPENING_SECONDS + seconds}s`,
    '--timeout',
    `${PATIENCE_SECONDS}s`,
    '-H',
    `Host: ${host}`,
    '-s',
    script,
    url,
    '--',
    String(perSecond),
  ];
  const printed = await run([...from, ...load, ...(writes === undefined ? [] : [writes])]);
  const { requests, microseconds, median, p99, failed } = result.parse(JSON.parse(printed.trim().split('\n').at(-1) ?? ''));
  const requestsPerSecond = Math.round(requests / (microseconds / 1e6));
  if (failed > 0) throw new Error(`${failed} of ${requests} requests to ${url} failed`);
  return { requests, requestsPerSecond, median: median / 1000, p99: p99 / 1000 };
}
