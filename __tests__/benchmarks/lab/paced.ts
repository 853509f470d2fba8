import { z } from 'zod';
import { run } from '../../../lab/machines/command';

/** Kept, each used again when it has its answer: enough for answers that take 128 ms. */
const CONNECTIONS = 64;
export const PER_SECOND = 500;

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

/** 500 requests a second. @throws if one fails, or if so many were not answered: then nothing was measured at that pace */
export async function paced({ url, host, seconds, writes, from = [] }: PacedOptions): Promise<Paced> {
  const script = new URL('./paced.lua', import.meta.url).pathname;
  const load = ['wrk', '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-H', `Host: ${host}`, '-s', script, url, '--', String(PER_SECOND)];
  const printed = await run([...from, ...load, ...(writes === undefined ? [] : [writes])]);
  const { requests, microseconds, median, p99, failed } = result.parse(JSON.parse(printed.trim().split('\n').at(-1) ?? ''));
  const requestsPerSecond = Math.round(requests / (microseconds / 1e6));
  if (failed > 0) throw new Error(`${failed} of ${requests} requests to ${url} failed`);
  if (requestsPerSecond < PER_SECOND * 0.95)
    throw new Error(`${url} answered ${requestsPerSecond} requests a second of ${PER_SECOND}; measure on a machine that has less to do`);
  return { requests, requestsPerSecond, median: median / 1000, p99: p99 / 1000 };
}
