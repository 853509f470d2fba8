import { Hono } from 'hono';
import type { Clock } from './clock';
import type { Hardware } from './hardware';
import type { ActionTimings } from './timings';
import { World } from './world';

export type * from './hardware';
export type { Clock } from './clock';
export type { ActionTimings } from './timings';
export type { World } from './world';

export interface ApiOptions {
  readonly hardware: Hardware;
  /** @default the system's clock */
  readonly clock?: Clock;
  /** The one bearer token that is let in. Clients want 64 characters. */
  readonly token: string;
  /** First id; also seeds addresses. @default 1000 */
  readonly seed?: number;
  /** @default DEFAULT_TIMINGS; given ones are merged into them */
  readonly timings?: ActionTimings;
}

export interface Api {
  /** The `/v1` API. Give the socket to the handler by @hono/node-server, so that faults can tell callers apart. */
  readonly app: Hono;
  /** Faults, timings, world dump, request log. Never reachable by machines. */
  readonly control: Hono;
  readonly world: World;
}

/** An emulated Hetzner Cloud project, empty at first, everything in memory. */
export function createApi(options: ApiOptions): Api {
  return { app: new Hono(), control: new Hono(), world: new World(options) };
}
