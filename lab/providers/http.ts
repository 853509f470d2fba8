import * as http from 'node:http';
import * as https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** A request that got no answer, in the words of Go's HTTP client. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
}

const agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) };

/** Without a time limit, like the real providers' clients. */
export function send({ method, url, headers, body, signal }: HttpRequest): Promise<HttpAnswer> {
  const secure = url.protocol === 'https:';
  const payload = body === undefined ? undefined : Buffer.from(body);
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void =>
      reject(
        signal.aborted
          ? (signal.reason as Error)
          : new TransportError(`${capitalized(method)} "${url.href}": ${goText(error, url)}`, { cause: error }),
      );
    const options = {
      method,
      agent: agents[secure ? 'https:' : 'http:'],
      signal,
      headers: { ...headers, ...(payload === undefined ? {} : { 'content-length': payload.length }) },
    };
    const request = (secure ? https : http).request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', failed);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    request.on('error', failed);
    request.end(payload);
  });
}

function goText(error: NodeJS.ErrnoException, url: URL): string {
  const address = `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
  switch (error.code) {
    case 'ECONNREFUSED':
      return `dial tcp ${address}: connect: connection refused`;
    case 'EHOSTUNREACH':
      return `dial tcp ${address}: connect: no route to host`;
    case 'ENETUNREACH':
      return `dial tcp ${address}: connect: network is unreachable`;
    case 'ENOTFOUND':
      return `dial tcp: lookup ${url.hostname}: no such host`;
    case 'ECONNRESET':
      return 'EOF';
    default:
      return error.message;
  }
}

function capitalized(method: string): string {
  return method.slice(0, 1) + method.slice(1).toLowerCase();
}

export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
