import { request } from 'node:http';

/** The other side of a unix socket refused or broke down. */
export class SocketCallError extends Error {
  override readonly name = 'SocketCallError';
}

/** One HTTP request over a unix socket; JSON both ways. Throws unless the status is 2xx. */
export function callSocket(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
  options: { readonly headers?: Record<string, string>; readonly timeoutMilliseconds?: number } = {},
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = { ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers };
    const outgoing = request({ socketPath, method, path, headers, timeout: options.timeoutMilliseconds ?? 10_000 }, (answer) => {
      let received = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
      answer.on('end', () => {
        const status = answer.statusCode ?? 0;
        if (status < 200 || status > 299) return reject(new SocketCallError(`${method} ${path}: ${status} ${received.trim()}`));
        resolve(received === '' ? null : (JSON.parse(received) as unknown));
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', (error) => reject(new SocketCallError(`${method} ${path}: ${error.message}`, { cause: error })));
    outgoing.end(text);
  });
}
