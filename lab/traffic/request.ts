import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import { now } from './clock';

/** The service as a client on the Internet sees it. */
export interface Target {
  /** Address to connect to: the floating IP. */
  readonly address: string;
  /** @default 443 */
  readonly port?: number;
  /** Name in SNI and Host. */
  readonly host: string;
  /** PEM text. @default none: any certificate is accepted, since the lab's is self-signed and TLS is not what is measured */
  readonly ca?: string;
}

export interface Ask {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** @default a new connection for this request alone */
  readonly agent?: https.Agent;
  /** Until TLS is established, in milliseconds. @default 1000 */
  readonly connectMilliseconds?: number;
  /** Until the answer is complete, in milliseconds; Infinity for streams. @default 2000 */
  readonly totalMilliseconds?: number;
  readonly signal?: AbortSignal;
  /** Receives the body piece by piece instead of having it collected; a returned promise slows the sender down. */
  readonly onData?: (chunk: Buffer) => void | Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** How far a request got before it failed. Before `sent` no server can have executed it. */
export type Progress = 'connecting' | 'sent' | 'answering';

export class RequestError extends Error {
  override readonly name = 'RequestError';
  constructor(
    readonly progress: Progress,
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

export function request(target: Target, ask: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let progress: Progress = 'connecting';
    let status: number | undefined;
    const started = now();
    const outgoing = https.request({
      host: target.address,
      port: target.port ?? 443,
      servername: target.host,
      method: ask.method,
      path: ask.path,
      headers: {
        host: target.host,
        ...(ask.body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(ask.body) }),
        ...ask.headers,
      },
      agent: ask.agent ?? false,
      ca: target.ca,
      rejectUnauthorized: target.ca !== undefined,
    });
    const timers = [timer(ask.connectMilliseconds ?? 1000, 'no connection'), timer(ask.totalMilliseconds ?? 2000, 'no complete answer')];
    const [connectTimer] = timers;
    const abort = () => fail('stopped by the client');

    function timer(milliseconds: number, what: string): NodeJS.Timeout | undefined {
      if (milliseconds === Infinity) return undefined;
      return setTimeout(() => fail(`${what} within ${milliseconds} ms`), milliseconds);
    }
    function settle(): void {
      timers.forEach(clearTimeout);
      ask.signal?.removeEventListener('abort', abort);
    }
    function fail(message: string): void {
      settle();
      reject(new RequestError(progress, message, status));
      outgoing.destroy();
    }

    ask.signal?.addEventListener('abort', abort, { once: true });
    if (ask.signal?.aborted) return abort();
    outgoing.on('socket', (socket) => {
      const connected = () => {
        clearTimeout(connectTimer);
        if (progress === 'connecting') progress = 'sent';
      };
      // A kept-alive socket is connected already and will not say so again.
      if (!socket.connecting && (socket as TLSSocket).getSession?.() && outgoing.reusedSocket) connected();
      else socket.once('secureConnect', connected);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      fail(
        `${error.code ?? error.message} after ${Math.round(now() - started)} ms${outgoing.reusedSocket ? ' on a reused connection' : ''}`,
      ),
    );
    outgoing.on('response', (incoming) => {
      progress = 'answering';
      status = incoming.statusCode ?? 0;
      readBody(incoming, ask.onData).then(
        (body) => {
          settle();
          resolve({ status: status!, headers: incoming.headers, body });
        },
        (error: NodeJS.ErrnoException) => fail(`the answer broke off: ${error.code ?? error.message}`),
      );
    });
    outgoing.end(ask.body);
  });
}

async function readBody(incoming: IncomingMessage, onData: Ask['onData']): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    if (onData) await onData(chunk);
    else chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
