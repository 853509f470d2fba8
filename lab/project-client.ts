import { setTimeout as sleep } from 'node:timers/promises';
import { callSocket } from './machines/call-socket';
import type { LabPaths } from './machines/paths';

/** The part of the emulated Hetzner project that commands, scenarios and tests look at, as the API shows it. */
export interface ProjectView {
  readonly servers: readonly ServerView[];
  readonly floating_ips: readonly { readonly ip: string; readonly server: number | null }[];
  readonly volumes: readonly { readonly id: number; readonly name: string }[];
}

interface ServerView {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly server_type: { readonly name: string };
  readonly labels: Readonly<Record<string, string>>;
  readonly public_net: { readonly ipv4: { readonly ip: string } | null };
  readonly private_net: readonly { readonly ip: string; readonly alias_ips: readonly string[] }[];
}

interface Action {
  readonly id: number;
  readonly status: 'running' | 'success' | 'error';
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** For a busy machine. */
const PATIENT = { timeoutMilliseconds: 30_000 };

/** Everything at one moment, whatever is broken or limited at the API. */
export async function readProject({ controlSocket }: LabPaths): Promise<ProjectView> {
  return (await callSocket(controlSocket, 'GET', '/world', undefined, PATIENT)) as ProjectView;
}

/**
 * A request that changes the emulated project, by a socket that needs no token and that faults of the API do not affect. Waits for the
 * end of its action, if it has one. Throws if that failed.
 * @param what for the message, such as `poweroff of lb-1`
 */
export async function changeProject(
  { apiSocket }: LabPaths,
  what: string,
  method: 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<void> {
  const call = (method: string, path: string, body?: object) => callSocket(apiSocket, method, path, body, PATIENT);
  let action = ((await call(method, path, body)) as { action: Action } | null)?.action;
  while (action?.status === 'running') {
    await sleep(50);
    action = ((await call('GET', `/v1/actions/${action.id}`)) as { action: Action }).action;
  }
  if (action?.status === 'error') throw new Error(`${what} failed: ${action.error?.message ?? 'no reason given'}`);
}
