import { z } from 'zod';

const statusEffect = z.strictObject({
  kind: z.literal('status'),
  status: z.number().int().min(400).max(599),
  /** Absent: the body is HTML, as from a proxy in front of the API. */
  code: z.string().optional(),
  message: z.string().optional(),
  details: z.record(z.string(), z.unknown()).nullish(),
  /** The request is carried out, and only its answer is lost. */
  afterwards: z.boolean().default(false),
});

const effectSchema = z.discriminatedUnion('kind', [
  statusEffect,
  z.strictObject({ kind: z.literal('latency'), milliseconds: z.number().min(0) }),
  /** No answer until the client gives up or the fault is taken away; then the connection is closed. */
  z.strictObject({ kind: z.literal('hang') }),
  z.strictObject({ kind: z.literal('close') }),
  z.strictObject({ kind: z.literal('rate-limit') }),
  /** Accepted, but the action ends in error without effect. With `command`, only that action of the request. */
  z.strictObject({ kind: z.literal('action-fails'), command: z.string().optional() }),
  /** Refuses to move a floating IP that is assigned: it has to be unassigned first (422 `floating_ip_assigned`). */
  z.strictObject({ kind: z.literal('unassign-first') }),
  /**
   * A server keeps its alias until it has been off for this long (423 `locked`); no other can have the alias until then (422
   * `ip_not_available`).
   */
  z.strictObject({ kind: z.literal('alias-held'), milliseconds: z.number().min(0) }),
  z.strictObject({ kind: z.literal('token-revoked') }),
  /** Placement of new servers, and of those to be started, fails. */
  z.strictObject({ kind: z.literal('no-capacity') }),
  /** This server type is sold out there: the catalogue shows it, and new servers and changes of type are refused. */
  z.strictObject({
    kind: z.literal('sold-out'),
    serverType: z.string(),
    /** @default everywhere */
    location: z.string().optional(),
  }),
  /** Limit of the project. */
  z.strictObject({
    kind: z.literal('limit'),
    of: z.enum(['servers', 'primary_ips', 'dedicated_cores', 'floating_ips']),
    most: z.number().int().min(0),
  }),
]);

/** Faults of stock and limits. They match no request; handlers ask for them. */
const SHORTAGES = ['sold-out', 'limit'];

const orderSchema = z.strictObject({
  /** Replaces the fault of this id, if there is one. @default made up */
  id: z.string().min(1).optional(),
  match: z
    .strictObject({
      method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).optional(),
      /** Regular expression over the path without query. */
      path: z.string().refine(isPattern, 'is not a regular expression').optional(),
      /** The caller's address, so that some hosts see the fault and others do not. */
      fromAddress: z.string().optional(),
    })
    .default({}),
  effect: effectSchema,
  /** How many requests pass before it hits; for a sold-out type, how many orders. @default 0 */
  after: z.number().int().min(0).default(0),
  /** How many it hits. @default all, until it is taken away */
  count: z.number().int().positive().optional(),
});

export const faultSchema = orderSchema.refine(({ match, effect }) => !SHORTAGES.includes(effect.kind) || Object.keys(match).length === 0, {
  path: ['match'],
  message: 'sold-out and limit match no requests',
});

export type FaultOrder = z.input<typeof faultSchema>;
export type Effect = z.output<typeof effectSchema>;
export type Limited = Extract<Effect, { kind: 'limit' }>['of'];

export interface Fault {
  readonly id: string;
  readonly match: z.output<typeof faultSchema>['match'];
  readonly effect: Effect;
  /** Requests that it still lets pass. */
  spared: number;
  /** Requests it will still hit; null: no end. */
  remaining: number | null;
  hits: number;
  /** Aborted when the fault is taken away. */
  readonly lifted: AbortController;
}

export interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly fromAddress: string | null;
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** Effects that the handler turns into an answer. */
export const HANDLED: readonly Effect['kind'][] = ['action-fails', 'unassign-first', 'alias-held'];

/** The faults that are switched on now. */
export class Faults {
  private readonly active = new Map<string, Fault>();
  private lastId = 0;

  add(order: z.output<typeof faultSchema>): Fault {
    const id = order.id ?? `fault-${++this.lastId}`;
    this.remove(id);
    const fault: Fault = {
      id,
      match: order.match,
      effect: order.effect,
      spared: order.after,
      remaining: order.count ?? null,
      hits: 0,
      lifted: new AbortController(),
    };
    this.active.set(id, fault);
    return fault;
  }

  remove(id: string): boolean {
    this.active.get(id)?.lifted.abort();
    return this.active.delete(id);
  }

  clear(): void {
    for (const id of [...this.active.keys()]) this.remove(id);
  }

  all(): readonly Fault[] {
    return [...this.active.values()];
  }

  /** The faults that hit this request, each counted. The list ends with the first that decides the answer. */
  hit(request: Incoming): readonly Fault[] {
    const hits: Fault[] = [];
    for (const fault of this.active.values()) {
      if (!matches(fault, request) || !take(fault)) continue;
      hits.push(fault);
      if (fault.effect.kind !== 'latency' && !HANDLED.includes(fault.effect.kind)) break;
    }
    return hits;
  }

  /** For the catalogue: counts no order. */
  isSoldOut(serverType: string, location: string): boolean {
    return this.shortagesOf(serverType, location).some(({ spared, remaining }) => spared === 0 && remaining !== 0);
  }

  /** Counts an order of this type. */
  refusesOrder(serverType: string, location: string): boolean {
    return this.shortagesOf(serverType, location).map(take).includes(true);
  }

  /** null: no limit. */
  limitOf(what: Limited): number | null {
    const limits = [...this.active.values()].flatMap(({ effect }) => (effect.kind === 'limit' && effect.of === what ? [effect.most] : []));
    return limits.length === 0 ? null : Math.min(...limits);
  }

  private shortagesOf(serverType: string, location: string): readonly Fault[] {
    return [...this.active.values()].filter(
      ({ effect }) => effect.kind === 'sold-out' && effect.serverType === serverType && (effect.location ?? location) === location,
    );
  }
}

/** Whether it hits now. Counts the request. */
function take(fault: Fault): boolean {
  if (fault.remaining === 0) return false;
  if (fault.spared > 0) {
    fault.spared -= 1;
    return false;
  }
  fault.hits += 1;
  if (fault.remaining !== null) fault.remaining -= 1;
  return true;
}

function matches({ match, effect }: Fault, request: Incoming): boolean {
  if (SHORTAGES.includes(effect.kind)) return false;
  if (match.method && match.method !== request.method) return false;
  if (match.path && !new RegExp(match.path).test(request.path)) return false;
  if (match.fromAddress && match.fromAddress !== request.fromAddress) return false;
  if (effect.kind === 'action-fails') return request.method !== 'GET';
  if (effect.kind === 'unassign-first') return request.method === 'POST' && /^\/v1\/floating_ips\/\d+\/actions\/assign$/.test(request.path);
  if (effect.kind === 'alias-held') return request.method === 'POST' && /\/actions\/change_alias_ips$/.test(request.path);
  if (effect.kind === 'no-capacity') return request.method === 'POST' && /^\/v1\/servers(\/\d+\/actions\/poweron)?$/.test(request.path);
  return true;
}
