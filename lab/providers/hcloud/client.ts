import { pause, send, TransportError, type HttpAnswer } from '../http';
import { failure, ProviderError } from '../protocol/diagnostics';
import type { Action } from './api-types';
import { ActionError, ApiError, hasCode, StatusError, type InvalidField } from './errors';

export interface ClientOptions {
  readonly endpoint: string;
  readonly token: string;
  /** Milliseconds to wait before the n-th poll of an action, n from 0. */
  readonly pollWait: (poll: number) => number;
}

const USER_AGENT = 'hcloud-terraform/1.68.0 hcloud-go/2.47.0';
const RETRIES = 5;
const RETRIED_CODES = ['conflict', 'rate_limit_exceeded', 'bad_gateway', 'timeout'];
const ACTIONS_PER_POLL = 25;

/** hcloud-go as the provider uses it: its requests, its retries and its way to wait for actions. */
export class HcloudClient {
  constructor(private readonly options: ClientOptions) {}

  get<T>(path: string, signal: AbortSignal): Promise<T> {
    return this.request('GET', path, undefined, signal) as Promise<T>;
  }
  post<T>(path: string, body: object | undefined, signal: AbortSignal): Promise<T> {
    return this.request('POST', path, body, signal) as Promise<T>;
  }
  put<T>(path: string, body: object, signal: AbortSignal): Promise<T> {
    return this.request('PUT', path, body, signal) as Promise<T>;
  }
  delete<T>(path: string, signal: AbortSignal): Promise<T> {
    return this.request('DELETE', path, undefined, signal) as Promise<T>;
  }

  /** null for an answer with the code not_found; the status alone does not count. */
  async find<T>(path: string, key: string, signal: AbortSignal): Promise<T | null> {
    try {
      return (await this.get<Record<string, T>>(path, signal))[key] ?? null;
    } catch (error) {
      if (hasCode(error, 'not_found')) return null;
      throw error;
    }
  }

  /** By id if the text is a number, else, or if there is none, by name. */
  async findByIdOrName<T>(collection: string, key: string, idOrName: string, signal: AbortSignal): Promise<T | null> {
    if (/^\d+$/.test(idOrName)) {
      const found = await this.find<T>(`/${collection}/${idOrName}`, key, signal);
      if (found !== null) return found;
    }
    return this.findByName(collection, idOrName, signal);
  }

  async findByName<T>(collection: string, name: string, signal: AbortSignal): Promise<T | null> {
    if (name === '') return null;
    const answer = await this.get<Record<string, readonly T[]>>(`/${collection}?name=${encodeURIComponent(name)}`, signal);
    return answer[collection]?.[0] ?? null;
  }

  /** Every object of a list, page by page. */
  async all<T>(collection: string, filter: Readonly<Record<string, string>>, signal: AbortSignal): Promise<readonly T[]> {
    const found: T[] = [];
    for (let page: number | null = 1; page !== null && page > 0;) {
      const query = new URLSearchParams({ ...filter, page: String(page), per_page: '50' });
      // As Go writes them
      query.sort();
      const answer: Record<string, unknown> = await this.get(`/${collection}?${query.toString()}`, signal);
      found.push(...((answer[collection] ?? []) as T[]));
      page = (answer['meta'] as { pagination?: { next_page?: number | null } } | null | undefined)?.pagination?.next_page ?? null;
    }
    return found;
  }

  /** Waits until all have finished; an action that is missing counts as finished. */
  async wait(actions: readonly (Action | null | undefined)[], signal: AbortSignal): Promise<void> {
    let running = unfinished(actions.filter((action) => action !== null && action !== undefined));
    for (let poll = 0; running.length > 0; poll++) {
      await pause(this.options.pollWait(poll), signal);
      running = unfinished(await this.poll(running, signal));
    }
  }

  private async poll(running: readonly Action[], signal: AbortSignal): Promise<readonly Action[]> {
    const found: Action[] = [];
    for (let start = 0; start < running.length; start += ACTIONS_PER_POLL) {
      const ids = running.slice(start, start + ACTIONS_PER_POLL).map(({ id }) => id);
      const query = `${ids.map((id) => `id=${id}`).join('&')}&page=1&sort=status&sort=id`;
      const { actions } = await this.get<{ actions: readonly Action[] }>(`/actions?${query}`, signal);
      const missing = ids.filter((id) => !actions.some((action) => action.id === id));
      if (missing.length > 0) throw new Error(`actions not found: [${missing.join(' ')}]`);
      found.push(...actions);
    }
    return found;
  }

  private async request(method: string, path: string, body: object | undefined, signal: AbortSignal): Promise<unknown> {
    for (let retry = 0; ; retry++) {
      try {
        return await this.attempt(method, path, body, signal);
      } catch (error) {
        if (retry >= RETRIES || !isRetried(error)) throw error;
        await pause(retryWait(retry), signal);
      }
    }
  }

  private async attempt(method: string, path: string, body: object | undefined, signal: AbortSignal): Promise<unknown> {
    const answer = await send({
      method,
      url: new URL(this.options.endpoint + path),
      headers: {
        'user-agent': USER_AGENT,
        authorization: `Bearer ${this.options.token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    });
    if (answer.status >= 400) throw errorOf(answer);
    return answer.text === '' ? {} : JSON.parse(answer.text);
  }
}

function unfinished(actions: readonly Action[]): readonly Action[] {
  const failed = actions.find((action) => action.status === 'error');
  if (failed !== undefined) throw new ActionError(failed);
  return actions.filter((action) => action.status === 'running');
}

function errorOf(answer: HttpAnswer): Error {
  const isJson = answer.headers['content-type']?.startsWith('application/json') ?? false;
  const error = isJson ? parseError(answer.text) : undefined;
  if (error === undefined) return new StatusError(answer.status);
  if (error.code === 'invalid_input' && !('details' in error)) {
    return new ProviderError(
      failure('Plugin did not respond', 'The answer invalid_input has no "details": the real provider crashes here.'),
    );
  }
  const fields = (error.details as { fields?: readonly InvalidField[] } | null | undefined)?.fields ?? null;
  const correlationId = answer.headers['x-correlation-id'];
  return new ApiError(error.code, error.message, answer.status, fields, typeof correlationId === 'string' ? correlationId : undefined);
}

function parseError(text: string): { code: string; message: string; details?: unknown } | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { code: string; message: string } };
    return error?.code ? error : undefined;
  } catch {
    return undefined;
  }
}

function isRetried(error: unknown): boolean {
  if (error instanceof ApiError) return RETRIED_CODES.includes(error.code);
  if (error instanceof StatusError) return error.status === 502 || error.status === 504;
  return error instanceof TransportError && /timed? ?out/i.test(error.message);
}

/** Between 1 s and 2^n s, so the first is 1 s. */
function retryWait(retry: number): number {
  return 1000 * (1 + Math.random() * (2 ** retry - 1));
}
