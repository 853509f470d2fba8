/** What stands before every handler: the log, faults, the token, the rate limit. */
import type { Context, Next } from 'hono';
import type { Clock } from '../api/clock';
import { callerOf, clientGone, closeConnection } from '../api/connection';
import type { Effect, Fault, Faults } from '../api/faults';
import type { RequestLog } from '../api/request-log';
import { CloudflareError } from './errors';

export interface Gate {
  readonly clock: Clock;
  readonly token: string;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly limit: RateLimit;
}

export interface Variables {
  /** The request's body: undefined if it is not JSON, an empty object if there is none. */
  body: unknown;
}
type Ctx = Context<{ Variables: Variables }>;

/** @param isPublic true for requests that need no token */
export function gate(parts: Gate, isPublic: (context: Context) => boolean): (context: Ctx, next: Next) => Promise<Response | void> {
  return async (context, next) => {
    const text = await context.req.text();
    context.set('body', parseJson(text));
    const entry = parts.log.add({
      time: parts.clock.now(),
      fromAddress: callerOf(context),
      userAgent: context.req.header('user-agent') ?? null,
      method: context.req.method,
      path: context.req.path + new URL(context.req.url).search,
      body: text === '' ? null : withoutSecrets(context.get('body') ?? text),
    });
    const hits = parts.faults.hit({ method: entry.method, path: context.req.path, fromAddress: entry.fromAddress });
    entry.faults = hits.map(({ id }) => id);
    const response = await pass(parts, context, hits, next, isPublic(context));
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

/** Origin pull certificates come with their private key. */
const withoutSecrets = (body: unknown): unknown => (typeof body === 'object' && body !== null && 'private_key' in body ? { ...body, private_key: '(hidden)' } : body);

async function pass(parts: Gate, context: Ctx, hits: readonly Fault[], next: Next, isPublic: boolean): Promise<Response | void> {
  for (const { effect, lifted } of hits) {
    if (effect.kind === 'latency') await parts.clock.sleep(effect.milliseconds);
    if (effect.kind === 'hang') {
      await clientGone(context, lifted.signal);
      return closeConnection(context);
    }
    if (effect.kind === 'close') return closeConnection(context);
    if (effect.kind === 'status' && effect.afterwards) await next();
    const answer = answerOf(effect);
    if (answer) return answer;
  }
  const refusal = isPublic ? null : refusalOf(parts, context);
  if (refusal) return json(refusal);
  await next();
}

function refusalOf(parts: Gate, context: Ctx): CloudflareError | null {
  const header = context.req.header('authorization');
  if (header === undefined) return new CloudflareError(400, 9106, 'Missing X-Auth-Key, X-Auth-Email or Authorization headers');
  if (!/^Bearer [\w-]+$/.test(header)) return new CloudflareError(400, 6003, 'Invalid request headers', [{ code: 6111, message: 'Invalid format for Authorization header' }]);
  if (header !== `Bearer ${parts.token}`) return invalidToken();
  return parts.limit.take(parts.clock.now()) ? null : throttled();
}

const invalidToken = (): CloudflareError => new CloudflareError(401, 1000, 'Invalid API Token');
const throttled = (): CloudflareError => new CloudflareError(429, 971, 'Please wait and consider throttling your request speed');

/** null: the effect does not decide the answer. */
function answerOf(effect: Effect): Response | null {
  switch (effect.kind) {
    case 'status': {
      if (effect.code === undefined) return html(effect.status);
      const error = { code: Number(effect.code), message: effect.message ?? effect.code };
      return Response.json({ success: false, errors: [error], messages: [], result: null }, { status: effect.status });
    }
    case 'rate-limit':
      return json(throttled());
    case 'token-revoked':
      return json(invalidToken());
    default:
      return null;
  }
}

const json = (error: CloudflareError): Response =>
  Response.json(error.body(), { status: error.status, headers: error.status === 429 ? { 'Retry-After': '1' } : {} });

const html = (status: number): Response =>
  new Response(`<html><head><title>${status}</title></head><body>cloudflare</body></html>`, { status, headers: { 'Content-Type': 'text/html' } });

const WINDOW_MS = 300_000;
const REQUESTS_PER_WINDOW = 1200;

/** 1200 requests in five minutes; who asks for more is shut out until they are over. */
export class RateLimit {
  private windowEnd = 0;
  private used = 0;

  take(now: number): boolean {
    if (now >= this.windowEnd) [this.windowEnd, this.used] = [now + WINDOW_MS, 0];
    this.used += 1;
    return this.used <= REQUESTS_PER_WINDOW;
  }
}
