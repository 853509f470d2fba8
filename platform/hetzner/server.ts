import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ApiAway, ApiRefusal, type HetznerApi } from './api';

const serverSchema = z.object({
  id: z.number(),
  name: z.string(),
  status: z.string(),
  server_type: z.object({ name: z.string(), architecture: z.enum(['x86', 'arm']) }),
  /** GB: of the type it was made with, or has grown to. */
  primary_disk_size: z.number(),
  location: z.object({ name: z.string() }).optional(),
});

/** A server as the API has it now. */
export type ServerNow = z.output<typeof serverSchema>;

const actionSchema = z.object({
  action: z.object({
    id: z.number(),
    status: z.enum(['running', 'success', 'error']),
    error: z.object({ code: z.string(), message: z.string() }).nullish(),
  }),
});

/** @throws ApiRefusal, ApiAway */
export async function readServer(api: HetznerApi, id: number): Promise<ServerNow> {
  return (await api.get(`/servers/${id}`, z.object({ server: serverSchema }))).server;
}

export interface Patience {
  /** How long to try again, in milliseconds. */
  readonly limit: number;
  /** Between two tries, and between two looks at an action, in milliseconds. */
  readonly pause: number;
}

/** Refusals that a later try may not meet: https://docs.hetzner.cloud/reference/cloud#errors */
const PASSING: readonly string[] = ['locked', 'conflict', 'rate_limit_exceeded', 'unavailable', 'timeout', 'service_error', 'maintenance'];

export const isPassing = (error: unknown): boolean =>
  error instanceof ApiAway || (error instanceof ApiRefusal && (error.status >= 500 || PASSING.includes(error.code)));

/** Tries again while the API is away, or refuses for a while. */
export async function patiently<T>(ask: () => Promise<T>, { limit, pause }: Patience): Promise<T> {
  for (const begin = performance.now(); ; await sleep(pause))
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || performance.now() - begin > limit) throw error;
    }
}

/**
 * Sends one action of a server, and waits for its end.
 * @throws ApiRefusal, with status 0 where the action was accepted and then failed; ApiAway: whether it was accepted is not known
 */
export async function act(api: HetznerApi, id: number, action: string, patience: Patience, body?: object): Promise<void> {
  let { action: now } = await api.post(`/servers/${id}/actions/${action}`, actionSchema, body);
  while (now.status === 'running') {
    await sleep(patience.pause);
    now = (await patiently(() => api.get(`/actions/${now.id}`, actionSchema), patience)).action;
  }
  if (now.status === 'error') throw new ApiRefusal(0, now.error?.code ?? 'action_failed', now.error?.message ?? 'the action has failed');
}
