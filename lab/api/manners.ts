import { ApiError } from './errors';
import type { Effect } from './faults';
import type { Ctx, Manners } from './gate';
import type { RateLimit } from './rate-limit';
import { unauthorized, type Tokens } from './tokens';

export interface HetznerParts {
  /** null: every request is accepted. */
  readonly tokens: Tokens | null;
  /** null: as many as there are. */
  readonly rateLimit: RateLimit | null;
}

/** How Hetzner's API refuses. */
export function hetznerManners({ tokens, rateLimit }: HetznerParts): Manners {
  return {
    refusalOf(context: Ctx) {
      const refusal = tokens && refusalOf(tokens, context);
      if (refusal) return json(refusal);
      return !rateLimit || rateLimit.take() ? null : json(tooMany());
    },
    answerTo(effect: Effect) {
      switch (effect.kind) {
        case 'status':
          if (effect.code === undefined) return html(effect.status);
          return json({
            status: effect.status,
            body: () => ({ error: { code: effect.code, message: effect.message ?? effect.code, details: effect.details ?? null } }),
          });
        case 'rate-limit':
          return json(tooMany(), 0);
        case 'token-revoked':
          return json(unauthorized());
        case 'no-capacity':
          return json(new ApiError(412, 'resource_unavailable', 'error during placement'));
        default:
          return null;
      }
    },
    headers: () => rateLimit?.headers() ?? {},
    logged: (body) => body,
  };

  /** Error bodies must say that they are JSON, or clients do not read them. */
  function json(error: { status: number; body(): object }, remaining?: number): Response {
    return Response.json(error.body(), { status: error.status, headers: rateLimit?.headers(remaining) });
  }

  function html(status: number): Response {
    return new Response(`<html><head><title>${status}</title></head><body>${status}</body></html>`, {
      status,
      headers: { 'Content-Type': 'text/html', ...rateLimit?.headers() },
    });
  }
}

function refusalOf(tokens: Tokens, { req }: Ctx): ApiError | null {
  const token = tokens.find(req.header('authorization'));
  if (!token) return unauthorized();
  return token.access === 'read' && req.method !== 'GET'
    ? new ApiError(401, 'token_readonly', 'token is only allowed to perform GET requests')
    : null;
}

const tooMany = (): ApiError => new ApiError(429, 'rate_limit_exceeded', 'limit of 3600 requests per hour reached');
