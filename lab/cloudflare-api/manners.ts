import type { Clock } from '../api/clock';
import type { Effect } from '../api/faults';
import type { Ctx, Manners } from '../api/gate';
import type { Tokens } from '../api/tokens';
import { CloudflareError } from './errors';
import type { RateLimit } from './rate-limit';

export interface CloudflareParts {
  readonly clock: Clock;
  readonly tokens: Tokens;
  readonly limit: RateLimit;
}

/** How Cloudflare's API refuses. @param isPublic true for requests that need no token */
export function cloudflareManners({ clock, tokens, limit }: CloudflareParts, isPublic: (context: Ctx) => boolean): Manners {
  return {
    refusalOf(context) {
      if (isPublic(context)) return null;
      const refusal = refusalOf(tokens, context) ?? (limit.take(clock.now()) ? null : throttled());
      return refusal && json(refusal);
    },
    answerTo,
    headers: () => ({}),
    logged: withoutSecrets,
  };
}

function refusalOf(tokens: Tokens, { req }: Ctx): CloudflareError | null {
  const header = req.header('authorization');
  if (header === undefined) return new CloudflareError(400, 9106, 'Missing X-Auth-Key, X-Auth-Email or Authorization headers');
  if (!/^Bearer [\w-]+$/.test(header))
    return new CloudflareError(400, 6003, 'Invalid request headers', [{ code: 6111, message: 'Invalid format for Authorization header' }]);
  const token = tokens.find(header);
  if (!token) return invalidToken();
  return token.access === 'read' && req.method !== 'GET' ? new CloudflareError(403, 10000, 'Authentication error') : null;
}

const invalidToken = (): CloudflareError => new CloudflareError(401, 1000, 'Invalid API Token');
const throttled = (): CloudflareError => new CloudflareError(429, 971, 'Please wait and consider throttling your request speed');

function answerTo(effect: Effect): Response | null {
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

/** Origin pull certificates come with their private key. */
const withoutSecrets = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'private_key' in body ? { ...body, private_key: '(hidden)' } : body;

const json = (error: CloudflareError): Response =>
  Response.json(error.body(), { status: error.status, headers: error.status === 429 ? { 'Retry-After': '1' } : {} });

const html = (status: number): Response =>
  new Response(`<html><head><title>${status}</title></head><body>cloudflare</body></html>`, {
    status,
    headers: { 'Content-Type': 'text/html' },
  });
