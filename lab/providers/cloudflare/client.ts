import { STATUS_CODES } from 'node:http';
import { pause, send, TransportError, type HttpAnswer } from '../http';

export interface CloudflareClientOptions {
  /** With the whole prefix, such as https://api.cloudflare.com/client/v4 */
  readonly baseUrl: string;
  /** Headers that identify the client. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly terraformVersion: string;
}

const RETRIES = 2;
const FRAMEWORK_VERSION = '1.15.0';

/** An answer that is no success, in the words of the real client: the body stays raw. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  constructor(
    method: string,
    url: URL,
    readonly status: number,
    body: string,
  ) {
    super(`${method} "${url.href}": ${status} ${STATUS_CODES[status] ?? ''} ${body}`.trimEnd());
  }
}

/** cloudflare-go as the provider uses it: its headers, its retries, and its trust in every status 200. */
export class CloudflareClient {
  constructor(private readonly options: CloudflareClientOptions) {}

  get<T>(path: string, signal: AbortSignal): Promise<T> {
    return this.request('GET', path, undefined, signal) as Promise<T>;
  }
  send<T>(method: 'POST' | 'PUT' | 'PATCH', path: string, body: object, signal: AbortSignal): Promise<T> {
    return this.request(method, path, body, signal) as Promise<T>;
  }
  async delete(path: string, signal: AbortSignal): Promise<void> {
    await this.request('DELETE', path, undefined, signal);
  }

  /** null for status 404, whatever the body says. */
  async find<T>(path: string, signal: AbortSignal): Promise<T | null> {
    try {
      return await this.get<T>(path, signal);
    } catch (error) {
      if (error instanceof StatusError && error.status === 404) return null;
      throw error;
    }
  }

  /** One page of a list. */
  async page<T>(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<readonly T[]> {
    const encoded = new URLSearchParams(query).toString();
    return (await this.get<readonly T[] | null>(encoded === '' ? path : `${path}?${encoded}`, signal)) ?? [];
  }

  private async request(method: string, path: string, body: object | undefined, signal: AbortSignal): Promise<unknown> {
    const url = new URL(this.options.baseUrl.replace(/\/+$/, '') + path);
    for (let retry = 0; ; retry++) {
      const outcome = await this.attempt(method, url, body, retry, signal);
      if (retry < RETRIES && isRetried(outcome)) {
        await pause(retryWait(outcome, retry), signal);
        continue;
      }
      if (outcome instanceof TransportError) throw outcome;
      return resultOf(method, url, outcome);
    }
  }

  private async attempt(
    method: string,
    url: URL,
    body: object | undefined,
    retry: number,
    signal: AbortSignal,
  ): Promise<HttpAnswer | TransportError> {
    try {
      return await send({
        method,
        url,
        headers: { ...this.headers(retry), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal,
      });
    } catch (error) {
      if (error instanceof TransportError) return error;
      throw error;
    }
  }

  private headers(retry: number): Record<string, string> {
    return {
      accept: 'application/json',
      'user-agent': `terraform-provider-cloudflare/5.14.0 terraform-plugin-framework/${FRAMEWORK_VERSION} terraform/${this.options.terraformVersion}`,
      'x-stainless-arch': 'x64',
      'x-stainless-lang': 'Terraform',
      'x-stainless-os': 'Linux',
      'x-stainless-package-version': '5.14.0',
      'x-stainless-retry-count': String(retry),
      'x-stainless-runtime': 'terraform-plugin-framework',
      'x-stainless-runtime-version': FRAMEWORK_VERSION,
      ...this.options.credentials,
    };
  }
}

function isRetried(outcome: HttpAnswer | TransportError): boolean {
  if (outcome instanceof TransportError) return true;
  const wish = outcome.headers['x-should-retry'];
  if (wish === 'true' || wish === 'false') return wish === 'true';
  return [408, 409, 429].includes(outcome.status) || outcome.status >= 500;
}

/** What the answer asks for, if that is less than a minute; else about 0.5 s, then 1 s. */
function retryWait(outcome: HttpAnswer | TransportError, retry: number): number {
  const asked = outcome instanceof TransportError ? null : askedWait(outcome);
  return asked !== null && asked >= 0 && asked < 60_000 ? asked : Math.min(500 * 2 ** retry, 8000) * (1 - Math.random() / 4);
}

function askedWait({ headers }: HttpAnswer): number | null {
  const milliseconds = Number(headers['retry-after-ms'] ?? Number.NaN);
  if (!Number.isNaN(milliseconds)) return milliseconds;
  const after = headers['retry-after'];
  if (after === undefined) return null;
  const seconds = Number(after);
  const wait = Number.isNaN(seconds) ? Date.parse(after) - Date.now() : seconds * 1000;
  return Number.isNaN(wait) ? null : wait;
}

/** A success counts by its status alone: without a readable result, everything in it is null. */
function resultOf(method: string, url: URL, { status, headers, text }: HttpAnswer): unknown {
  const parsed = parse(text);
  if (status >= 400) throw new StatusError(method, url, status, parsed === undefined ? '' : text.replace(/\s*\n\s*/g, ' '));
  const type = headers['content-type'] ?? '';
  if (method === 'DELETE' && !type.startsWith('application/json')) {
    throw new Error(
      `expected destination type of 'string' or '[]byte' for responses with content-type '${type}' that is not 'application/json'`,
    );
  }
  return (parsed as { result?: unknown } | null | undefined)?.result ?? null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
