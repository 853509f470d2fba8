import { z } from 'zod';
import type { Action, ActionOrder } from './actions';
import { UnexpectedRequest, invalidInput } from './errors';
import type { ApiError } from './errors';
import type { Effect } from './faults';
import type { Project } from './project';

/** One request, as a handler sees it. */
export interface Call<Body = unknown> {
  readonly project: Project;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly id: number;
  readonly actionId: number;
  readonly query: URLSearchParams;
  readonly body: Body;
  /** The effects of faults that the handler has to bring about. */
  readonly effects: readonly Effect[];
  /** Starts an action for this request; a fault may make it fail. */
  start(order: ActionOrder): Action;
}

export interface Reply {
  readonly status: 200 | 201 | 204;
  readonly body: object | null;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly handle: (call: Call) => Reply | Promise<Reply>;
}

type Handler<Body> = (call: Call<Body>) => Reply | Promise<Reply>;

export const ok = (body: object): Reply => ({ status: 200, body });
export const created = (body: object): Reply => ({ status: 201, body });
export const noContent: Reply = { status: 204, body: null };

/** @param known query parameters that mean something here */
export function get(path: string, known: readonly string[], handle: Handler<unknown>): Route {
  return {
    method: 'GET',
    path,
    handle: (call) => {
      checkQuery(call, known);
      return handle(call);
    },
  };
}

export const post = <S extends z.ZodType>(path: string, schema: S, handle: Handler<z.output<S>>): Route =>
  withBody('POST', path, schema, handle);

export const put = <S extends z.ZodType>(path: string, schema: S, handle: Handler<z.output<S>>): Route =>
  withBody('PUT', path, schema, handle);

/** Clients send these without a body; an empty object is as good. */
export const nothing = z.strictObject({});

export const del = (path: string, handle: Handler<unknown>): Route => withBody('DELETE', path, nothing, handle);

function withBody<S extends z.ZodType>(method: Route['method'], path: string, schema: S, handle: Handler<z.output<S>>): Route {
  return {
    method,
    path,
    handle: (call) => {
      checkQuery(call, []);
      return handle({ ...call, body: parseBody(call, schema) });
    },
  };
}

/** Clients send these to every list, also to lists that ignore them. */
const IGNORABLE = ['page', 'per_page', 'sort'];

function checkQuery(call: Call, known: readonly string[]): void {
  for (const name of new Set(call.query.keys())) {
    if (known.includes(name) || (call.method === 'GET' && IGNORABLE.includes(name))) continue;
    throw new UnexpectedRequest(`${call.method} ${call.path}: query parameter '${name}'`);
  }
}

function parseBody<S extends z.ZodType>(call: Call, schema: S): z.output<S> {
  const result = schema.safeParse(call.body);
  if (result.success) return result.data;
  throw bodyError(call, result.error.issues);
}

/** An unknown field is a gap of the emulator or a mistake of the client; a bad value is Hetzner's invalid_input. */
function bodyError(call: Call, issues: readonly z.core.$ZodIssue[]): ApiError {
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const at = issue.path.length > 0 ? ` of ${issue.path.join('.')}` : '';
    return new UnexpectedRequest(`${call.method} ${call.path}: field ${issue.keys.map((key) => `'${key}'`).join(', ')}${at}`);
  }
  const issue = issues[0]!;
  return invalidInput(issue.path.join('.') || 'body', issue.message);
}

export const idSchema = z.number().int().positive();
/** Absent and null mean the same. */
export const optionalId = idSchema.nullish().transform((id) => id ?? null);
export const idOrName = z.union([idSchema, z.string().min(1)], 'must be an id or a name');
export const labelsSchema = z.record(z.string(), z.string());
export const nameSchema = z.string().min(1, 'must not be empty').max(128, 'is too long');

/** The handling of `change_protection` with `delete` alone. */
export const deleteProtectionSchema = z.strictObject({ delete: z.boolean() });
