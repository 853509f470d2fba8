import type { Hono } from 'hono';
import { AnswerTimes } from './answer-times';
import { buildApp } from './app';
import { systemClock } from './clock';
import type { Clock } from './clock';
import { buildControl } from './control';
import { Faults } from './faults';
import type { Hardware } from './hardware';
import { RateLimit } from './rate-limit';
import { RequestLog } from './request-log';
import { DEFAULT_TIMINGS } from './timings';
import type { ActionTimings } from './timings';
import { Tokens, type Token } from './tokens';
import { Project } from './project';

export type * from './hardware';
export type { Clock } from './clock';
export type { FaultOrder } from './faults';
export type { LoggedRequest } from './request-log';
export type { ActionTimings } from './timings';
export type { Project } from './project';

export interface ApiOptions {
  readonly hardware: Hardware;
  /** @default the system's clock */
  readonly clock?: Clock;
  /** The project's tokens by name. Clients want 64 characters. */
  readonly tokens: Readonly<Record<string, Token>>;
  /** Ids are counted from here. @default 1000 */
  readonly seed?: number;
  /** @default DEFAULT_TIMINGS; given ones are merged into them */
  readonly timings?: ActionTimings;
}

export interface Api {
  /** The `/v1` API. Serve it with @hono/node-server, so that faults can tell callers apart by address. */
  readonly app: Hono;
  /** Faults, timings, project dump, request log. Never reachable by machines. */
  readonly control: Hono;
  /**
   * The same API without faults, answer times, rate limit, log and tokens: for the lab's own commands, which must work while the API
   * is broken.
   */
  readonly tools: Hono;
  readonly project: Project;
}

/** An emulated Hetzner Cloud project, empty at first, everything in memory. */
export function createApi(options: ApiOptions): Api {
  const clock = options.clock ?? systemClock;
  const timings = { ...DEFAULT_TIMINGS, ...options.timings };
  const project = new Project({ hardware: options.hardware, clock, timings, seed: options.seed ?? 1000 });
  const tokens = new Tokens(options.tokens);
  const parts = {
    clock,
    tokens,
    faults: project.faults,
    rateLimit: new RateLimit(clock),
    log: new RequestLog(),
    answers: new AnswerTimes(),
  };
  return {
    app: buildApp(project, parts),
    control: buildControl(project, { ...parts, tokens }),
    tools: buildApp(project, { clock, tokens: null, faults: new Faults(), rateLimit: null, log: new RequestLog() }),
    project,
  };
}
