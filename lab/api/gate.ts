/** Runs before every handler of an emulated API: log, faults, then the API's own checks of a request. */
import type { Context, Next } from 'hono';
import type { AnswerTimes } from './answer-times';
import type { Clock } from './clock';
import { callerOf, clientGone, closeConnection } from './connection';
import { HANDLED, type Effect, type Fault, type Faults } from './faults';
import type { RequestLog } from './request-log';

export interface Gate {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly manners: Manners;
  /** @default at once */
  readonly answers?: AnswerTimes;
}

/** The parts in which emulated APIs differ. */
export interface Manners {
  /** Token, rate limit: null lets the request pass. */
  refusalOf(context: Ctx): Response | null;
  /** The answer that an effect produces; null: the effect does not decide the answer. */
  answerTo(effect: Effect): Response | null;
  /** On every answer but those of faults. */
  headers(): Readonly<Record<string, string>>;
  /** The part of a body that may be logged. */
  logged(body: unknown): unknown;
}

export interface Variables {
  /** The request's body: undefined if it is not JSON, an empty object if there is none. */
  body: unknown;
  /** Faults that the handler of the request applies. */
  handledFaults: readonly Fault[];
}
export type Ctx = Context<{ Variables: Variables }>;

export function gate(parts: Gate): (context: Ctx, next: Next) => Promise<Response | void> {
  return async (context, next) => {
    const text = await context.req.text();
    context.set('body', parseJson(text));
    const entry = parts.log.add({
      time: parts.clock.now(),
      fromAddress: callerOf(context),
      userAgent: context.req.header('user-agent') ?? null,
      method: context.req.method,
      path: context.req.path + new URL(context.req.url).search,
      body: text === '' ? null : parts.manners.logged(context.get('body') ?? text),
    });
    const hits = parts.faults.hit({ method: entry.method, path: context.req.path, fromAddress: entry.fromAddress });
    entry.faults = hits.map((fault) => fault.id);
    context.set(
      'handledFaults',
      hits.filter((fault) => HANDLED.includes(fault.effect.kind)),
    );
    // A request takes effect half-way
    const half = (parts.answers?.next() ?? 0) / 2;
    const pause = () => (half > 0 ? parts.clock.sleep(half) : Promise.resolve());
    await pause();
    const response = await pass(parts, context, hits, next);
    if (response) context.res = response;
    await pause();
    entry.durationMilliseconds = parts.clock.now() - entry.time;
    if (!context.res.headers.has('x-hono-already-sent')) entry.status = context.res.status;
    return undefined;
  };
}

function parseJson(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function pass(parts: Gate, context: Ctx, hits: readonly Fault[], next: Next): Promise<Response | void> {
  for (const { effect, lifted } of hits) {
    if (effect.kind === 'latency') await parts.clock.sleep(effect.milliseconds);
    if (effect.kind === 'hang') {
      await clientGone(context, lifted.signal);
      return closeConnection(context);
    }
    if (effect.kind === 'close') return closeConnection(context);
    if (effect.kind === 'status' && effect.afterwards) await admit(parts, context, next);
    const answer = parts.manners.answerTo(effect);
    if (answer) return answer;
  }
  await admit(parts, context, next);
}

async function admit({ manners }: Gate, context: Ctx, next: Next): Promise<void> {
  const refusal = manners.refusalOf(context);
  if (refusal) context.res = refusal;
  else await next();
  for (const [name, value] of Object.entries(manners.headers())) context.res.headers.set(name, value);
}
