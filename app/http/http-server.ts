import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DatabaseUnavailable } from '../database/errors';
import type { Log } from '../log';
import { readJson } from './body';
import { HttpError, type Reply, type Request, type Route } from './exchange';
import { createRouter } from './router';
import { SilentWebSockets } from './web-socket';

export interface HttpServerOptions {
  readonly hostName: string;
  readonly routes: readonly Route[];
  readonly log: Log;
  /** Where a client may open a web socket, on which nothing is said. @default nowhere: an upgrade is answered as a plain request */
  readonly webSocketPath?: string;
}

/** Nginx closes idle connections after 5 s; here they live longer, so that no request meets one that is being closed. */
const KEEP_ALIVE_MILLISECONDS = 75_000;
/** Requests of these paths come all the time and say nothing. */
const NOT_LOGGED: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

export class HttpServer {
  private readonly server = createServer((message, response) => void this.answer(message, response));
  private readonly webSockets: SilentWebSockets | undefined;
  /** Of the requests that are being answered. AbortSignal.any with one signal for all would keep 57 bytes of each request (Node 20). */
  private readonly answering = new Set<IncomingRequest>();
  private stopping = false;
  private readonly router;

  constructor(private readonly options: HttpServerOptions) {
    this.router = createRouter(options.routes);
    this.server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
    if (options.webSocketPath) this.webSockets = new SilentWebSockets(this.server, options.webSocketPath);
  }

  get draining(): boolean {
    return this.stopping;
  }

  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ port, host, backlog: 1024 }, () => {
        const address = this.server.address();
        resolve(typeof address === 'object' && address ? address.port : port);
      });
    });
  }

  /**
   * Takes no new connection, finishes what was accepted, ends event streams and web sockets; resolves when the last
   * connection is closed, or after `withinMilliseconds`.
   */
  async drain(withinMilliseconds: number): Promise<void> {
    this.stopping = true;
    for (const request of this.answering) request.abort();
    this.webSockets?.close();
    const closed = new Promise((resolve) => {
      // Not http.Server's own close(): it closes idle connections at once, and a POST may be on its way on one of them.
      // Nginx closes them within 5 s
      NetServer.prototype.close.call(this.server, resolve);
    });
    const timer = setTimeout(() => this.server.closeAllConnections(), withinMilliseconds);
    await closed;
    clearTimeout(timer);
  }

  private async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const started = performance.now();
    const request = this.requestOf(message, response);
    const reply = await this.replyTo(request).catch((error: unknown) => this.replyToError(error, request));
    await this.send(reply, request, response).catch((error: unknown) => {
      this.options.log('aborted', { requestId: request.requestId, error: String(error) });
      response.destroy();
    });
    if (NOT_LOGGED.has(request.url.pathname)) return;
    this.options.log('request', {
      requestId: request.requestId,
      method: request.method,
      path: request.url.pathname,
      status: reply.status,
      milliseconds: Math.round(performance.now() - started),
      web: request.web,
      database: reply.database,
    });
  }

  private async replyTo(request: IncomingRequest): Promise<Reply> {
    const { handler, params } = this.router(request.method, request.url.pathname);
    request.params = params;
    return handler(request);
  }

  private replyToError(error: unknown, request: Request): Reply {
    const { requestId, web } = request;
    const reply = (status: number, code: string, text: string, headers = {}, details = {}): Reply => ({
      status,
      headers,
      body: { error: { code, message: text, ...details }, requestId, web, app: this.options.hostName, database: null },
    });
    if (error instanceof HttpError) return reply(error.status, error.code, error.message, error.headers, error.details);
    this.options.log('failed', { requestId, error: describe(error) });
    if (error instanceof DatabaseUnavailable) {
      return reply(503, 'database-unavailable', error.message, { 'Retry-After': '1' }, { outcome: error.outcome });
    }
    return reply(500, 'internal', 'something went wrong; the log has more under this request id');
  }

  private async send({ status, headers, body }: Reply, request: Request, response: ServerResponse): Promise<void> {
    const stream = body instanceof Readable ? body : undefined;
    // A string goes out with the head in one piece, a Buffer as two
    const text = stream ? undefined : `${JSON.stringify(body)}\n`;
    response.writeHead(status, {
      'X-Served-By-App': this.options.hostName,
      'Cache-Control': 'no-store',
      ...(text && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
      // Asks Nginx to come back by another connection, which will be one to another app server
      ...(this.draining && { Connection: 'close' }),
      ...headers,
    });
    if (request.method === 'HEAD' || !stream) {
      stream?.destroy();
      response.end(request.method === 'HEAD' ? undefined : text);
      return;
    }
    await pipeline(stream, response);
  }

  private requestOf(message: IncomingMessage, response: ServerResponse): IncomingRequest {
    const request = new IncomingRequest(message);
    this.answering.add(request);
    response.once('close', () => {
      this.answering.delete(request);
      request.abort();
    });
    if (this.draining) request.abort();
    return request;
  }
}

class IncomingRequest implements Request {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly requestId: string;
  readonly web: string | null;
  params: Request['params'] = {};
  private aborted = false;
  private controller: AbortController | undefined;

  constructor(private readonly message: IncomingMessage) {
    const { headers } = message;
    const web = headers['x-web-host'];
    this.method = message.method ?? 'GET';
    this.url = urlOf(message);
    this.headers = headers;
    this.requestId = headers['x-request-id']?.toString() ?? randomUUID();
    this.web = typeof web === 'string' ? web : null;
  }

  /** Made for those who ask: to abort one makes an error with a stack trace, and every request ends with that. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.aborted) this.controller.abort();
    return this.controller.signal;
  }

  abort(): void {
    this.aborted = true;
    this.controller?.abort();
  }

  json(): Promise<unknown> {
    return readJson(this.message);
  }
}

const ANY_HOST = 'http://app';

/** The host is of no interest, and what it claims to be must not break the parser. */
function urlOf(message: IncomingMessage): URL {
  try {
    return new URL(message.url ?? '/', ANY_HOST);
  } catch {
    return new URL(ANY_HOST);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause ? `${error.message}: ${describe(error.cause)}` : (error.stack ?? error.message);
}
