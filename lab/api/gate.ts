/** What stands before every handler: the log, faults, the token, the rate limit. */
import type { Context, Next } from 'hono';
import type { Clock } from './clock';
import { callerOf, clientGone, closeConnection } from './connection';
import { ApiError } from './errors';
import type { Effect, Fault, Faults } from './faults';
import type { RateLimit } from './rate-limit';
import type { RequestLog } from './request-log';
import { unauthorized, type Tokens } from './tokens';

export interface Gate {
  readonly clock: Clock;
  /** null: whoever reaches this app is let in. */
  readonly tokens: Tokens | null;
  readonly faults: Faults;
  readonly rateLimit: RateLimit;
  readonly log: RequestLog;
}

export interface Variables {
  /** The request's body: undefined if it is not JSON, an empty object if there is none. */
  body: unknown;
  /** Faults that concern the actions the request will start. */
  actionFaults: readonly Fault[];
}
type Ctx = Context<{ Variables: Variables }>;

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
      body: text === '' ? null : context.get('body') ?? text,
    });
    const hits = parts.faults.hit({ method: entry.method, path: context.req.path, fromAddress: entry.fromAddress });
    entry.faults = hits.map((fault) => fault.id);
    context.set('actionFaults', hits.filter((fault) => fault.effect.kind === 'action-fails'));
    const response = await pass(parts, context, hits, next);
    if (response) context.res = response;
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
    const answer = answerOf(effect, parts);
    if (answer) return answer;
  }
  await admit(parts, context, next);
}

async function admit(parts: Gate, context: Ctx, next: Next): Promise<void> {
  const refusal = refusalOf(parts, context);
  if (refusal) context.res = json(refusal, parts);
  else await next();
  for (const [name, value] of Object.entries(parts.rateLimit.headers())) context.res.headers.set(name, value);
}

function refusalOf(parts: Gate, context: Ctx): ApiError | null {
  const refusal = parts.tokens?.refusalOf(context.req.method, context.req.header('authorization')) ?? null;
  return refusal ?? (parts.rateLimit.take() ? null : tooMany());
}

const tooMany = (): ApiError => new ApiError(429, 'rate_limit_exceeded', 'limit of 3600 requests per hour reached');

/** null: the effect does not decide the answer. */
function answerOf(effect: Effect, parts: Gate): Response | null {
  switch (effect.kind) {
    case 'status':
      if (effect.code === undefined) return html(effect.status, parts);
      return json({ status: effect.status, body: () => ({ error: { code: effect.code, message: effect.message ?? effect.code, details: effect.details ?? null } }) }, parts);
    case 'rate-limit':
      return json(tooMany(), parts, 0);
    case 'token-revoked':
      return json(unauthorized(), parts);
    case 'no-capacity':
      return json(new ApiError(412, 'resource_unavailable', 'error during placement'), parts);
    default:
      return null;
  }
}

/** Error bodies must say that they are JSON, or clients do not read them. */
const json = (error: { status: number; body(): object }, parts: Gate, remaining?: number): Response =>
  Response.json(error.body(), { status: error.status, headers: parts.rateLimit.headers(remaining) });

const html = (status: number, parts: Gate): Response =>
  new Response(`<html><head><title>${status}</title></head><body>${status}</body></html>`, {
    status,
    headers: { 'Content-Type': 'text/html', ...parts.rateLimit.headers() },
  });
