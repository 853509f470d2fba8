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
  z.strictObject({ kind: z.literal('token-revoked') }),
  /** Placement of new servers, and of those to be started, fails. */
  z.strictObject({ kind: z.literal('no-capacity') }),
]);

export const faultSchema = z.strictObject({
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
  /** How many requests it hits. @default all, until it is taken away */
  count: z.number().int().positive().optional(),
});

export type FaultOrder = z.input<typeof faultSchema>;
export type Effect = z.output<typeof effectSchema>;

export interface Fault {
  readonly id: string;
  readonly match: z.output<typeof faultSchema>['match'];
  readonly effect: Effect;
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

  /** The faults that hit this request, counted; nothing comes after one that decides the answer. */
  hit(request: Incoming): readonly Fault[] {
    const hits: Fault[] = [];
    for (const fault of this.active.values()) {
      if (fault.remaining === 0 || !matches(fault, request)) continue;
      fault.hits += 1;
      if (fault.remaining !== null) fault.remaining -= 1;
      hits.push(fault);
      if (!['latency', 'action-fails'].includes(fault.effect.kind)) break;
    }
    return hits;
  }
}

function matches({ match, effect }: Fault, request: Incoming): boolean {
  if (match.method && match.method !== request.method) return false;
  if (match.path && !new RegExp(match.path).test(request.path)) return false;
  if (match.fromAddress && match.fromAddress !== request.fromAddress) return false;
  if (effect.kind === 'action-fails') return request.method !== 'GET';
  if (effect.kind === 'no-capacity') return request.method === 'POST' && /^\/v1\/servers(\/\d+\/actions\/poweron)?$/.test(request.path);
  return true;
}
