import { failure, type Diagnostic } from '../protocol/diagnostics';
import type { Call, Resource, StateCall, UpdateCall } from '../protocol/provider';
import { text } from '../protocol/read';
import { isObject, isUnknown, isZero, type State, type Value } from '../protocol/value';
import type { Action, Labels } from './api-types';
import type { HcloudClient } from './client';
import { hasCode } from './errors';

export { flag, list, number, numbers, objects, text, texts } from '../protocol/read';

/** The provider is two in one, and the two wait for actions differently by default. */
export interface HcloudClients {
  readonly sdk: HcloudClient;
  readonly framework: HcloudClient;
}
export type HcloudResource = Resource<HcloudClients>;
export type HcloudCall = Call<HcloudClients>;

export interface ActionAnswer {
  readonly action?: Action | null;
  readonly actions?: readonly Action[];
}

/** Sends an action and waits for it. Sends no body unless there is one. */
export async function act(api: HcloudClient, path: string, body: object | undefined, signal: AbortSignal): Promise<void> {
  const answer = await api.post<ActionAnswer>(path, body, signal);
  await api.wait([answer.action, ...(answer.actions ?? [])], signal);
}

export function labelsOf(value: Value | undefined): Labels {
  return isObject(value) ? (value as Labels) : {};
}

/** `{ name: value }`, or nothing for a zero or unknown value, as the provider leaves out what is not set. */
export function unlessZero(name: string, value: Value | undefined): Record<string, Value> {
  return value === undefined || isZero(value) || isUnknown(value) ? {} : { [name]: value };
}

const LABEL_NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const LABEL_PREFIX = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

export function labelProblem(labels: Value): string | null {
  for (const [key, value] of Object.entries(labelsOf(labels))) {
    const slash = key.lastIndexOf('/');
    const wrongPrefix = slash >= 0 && !LABEL_PREFIX.test(key.slice(0, slash));
    if (wrongPrefix || !LABEL_NAME.test(key.slice(slash + 1))) return `label key '${key}' is not correctly formatted`;
    if (typeof value === 'string' && value !== '' && !LABEL_NAME.test(value))
      return `label value '${value}' (key: ${key}) is not correctly formatted`;
  }
  return null;
}

export function sdkLabels(value: Value, name: string): Diagnostic | null {
  const problem = labelProblem(value);
  return problem === null ? null : failure(problem, '', name);
}

export function frameworkLabels(value: Value, name: string): Diagnostic | null {
  const problem = labelProblem(value);
  return problem === null ? null : failure('Invalid label', problem, name);
}

/** The sdk resources' updates of name and labels: a request each. */
export async function putChanged(call: UpdateCall<HcloudClients>, path: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (!call.changed(name)) continue;
    const value = call.planned[name] ?? '';
    // hcloud-go leaves out empty texts, so that nothing can be cleared.
    const body = name === 'labels' ? { labels: labelsOf(value) } : value === '' ? {} : { [name]: value };
    await call.client.sdk.put(path, body, call.signal);
  }
}

export async function protect(api: HcloudClient, path: string, body: object, signal: AbortSignal): Promise<void> {
  await act(api, `${path}/actions/change_protection`, body, signal);
}

/** Runs the work; an object that is gone is no error. */
export async function unlessGone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!hasCode(error, 'not_found')) throw error;
  }
}

/** The read of a resource that is one object of the API, found by its id. */
export function readById<T>(collection: string, key: string, attributes: (object: T) => State) {
  return async ({ client, state, signal }: StateCall<HcloudClients>): Promise<State | null> => {
    const found = await client.sdk.find<T>(`/${collection}/${text(state['id'])}`, key, signal);
    return found === null ? null : attributes(found);
  };
}

/** The object that must be there after a change. */
export async function mustFind<T>(api: HcloudClient, path: string, key: string, signal: AbortSignal): Promise<T> {
  const found = await api.find<T>(path, key, signal);
  if (found === null) throw new Error(`${path} vanished`);
  return found;
}
