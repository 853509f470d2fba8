import { z } from 'zod';
import { CloudflareError, invalid, UnexpectedRequest } from './errors';
import type { Account, Zone } from './account';

/** One request, as a handler sees it. */
export interface Call<Body = unknown> {
  readonly account: Account;
  readonly method: string;
  /** Without prefix and query. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Body;
  /** Whether the token may write. */
  readonly mayEdit: boolean;
}
/** Call of a route that begins with a zone. */
export interface ZoneCall<Body = unknown> extends Call<Body> {
  readonly zone: Zone;
}

/** Fields beside `success` and the like. */
export interface Reply {
  readonly result: unknown;
  readonly result_info?: object;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below /client/v4, parameters as `:name`. */
  readonly path: string;
  /** Without a token. */
  readonly isPublic?: boolean;
  readonly handle: (call: Call) => Reply;
}

/** @param known query parameters that mean something here */
export function get(path: string, known: readonly string[], handle: (call: Call) => Reply): Route {
  return { method: 'GET', path, handle: (call) => (checkQuery(call, known), handle(call)) };
}

export function withBody<S extends z.ZodType>(
  method: Route['method'],
  path: string,
  schema: S,
  handle: (call: Call<z.output<S>>) => Reply,
): Route {
  return {
    method,
    path,
    handle: (call) => {
      checkQuery(call, []);
      return handle({ ...call, body: parseBody(call, schema) });
    },
  };
}

export const del = (path: string, handle: (call: Call) => Reply): Route => withBody('DELETE', path, z.strictObject({}), handle);

const ID = /^[0-9a-f]{32}$/;

/** Puts `/zones/:zone` before routes, and the zone into their calls. */
export function inZone<Body>(handle: (call: ZoneCall<Body>) => Reply): (call: Call<Body>) => Reply {
  return (call) => {
    const id = call.params['zone'] ?? '';
    const zone = call.account.zones.get(id);
    if (zone === undefined)
      throw ID.test(id)
        ? new CloudflareError(404, 1001, 'Invalid zone identifier')
        : invalid(7003, `Could not route to ${call.path}, perhaps your object identifier is invalid?`);
    return handle({ ...call, zone });
  };
}

const PAGING = ['page', 'per_page'];
const DEFAULT_PER_PAGE = 20;

/** One page of a list. Clients ask for pages until one is empty. */
export function paged(call: Call, all: readonly unknown[]): Reply {
  const page = positive(call, 'page', 1);
  const perPage = positive(call, 'per_page', DEFAULT_PER_PAGE);
  const result = all.slice((page - 1) * perPage, page * perPage);
  return {
    result,
    result_info: {
      page,
      per_page: perPage,
      total_pages: Math.max(1, Math.ceil(all.length / perPage)),
      count: result.length,
      total_count: all.length,
    },
  };
}

function positive(call: Call, name: string, fallback: number): number {
  const value = Number(call.query.get(name) ?? fallback);
  if (!Number.isInteger(value) || value < 1) throw invalid(1100, `${name} must be a positive number`);
  return value;
}

function checkQuery(call: Call, known: readonly string[]): void {
  for (const name of new Set(call.query.keys())) {
    if (!known.includes(name) && !PAGING.includes(name))
      throw new UnexpectedRequest(`${call.method} ${call.path}: query parameter '${name}'`);
  }
}

/** An unknown field is a gap of the emulator or a mistake of the client; a bad value is Cloudflare's 400. */
function parseBody<S extends z.ZodType>(call: Call, schema: S): z.output<S> {
  const result = schema.safeParse(call.body);
  if (result.success) return result.data;
  const unknown = result.error.issues.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown !== undefined)
    throw new UnexpectedRequest(`${call.method} ${call.path}: field ${unknown.keys.map((key) => `'${key}'`).join(', ')}`);
  const [issue] = result.error.issues;
  throw invalid(9207, `Request body is invalid: ${issue?.path.join('.') ?? 'body'}: ${issue?.message ?? 'wrong'}`);
}
