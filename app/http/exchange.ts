import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

/** What a handler is given. */
export interface Request {
  readonly method: string;
  readonly url: URL;
  /** Named groups of the route's path. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  /** From X-Request-Id; in every line of the log, here and on the web server. */
  readonly requestId: string;
  /** Name of the web server that passed the request on; null without one. */
  readonly web: string | null;
  /** Aborted when the client goes away or the application stops. */
  readonly signal: AbortSignal;
  /** The parsed JSON body. @throws HttpError 400, 413 or 415 */
  json(): Promise<unknown>;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body: object | Readable;
  /** Name of the MySQL member that answered; for the log. */
  readonly database?: string;
}

export type Handler = (request: Request) => Promise<Reply> | Reply;
/** Method, path with named groups (`/api/notes/:id`), handler. */
export type Route = readonly [method: string, path: string, handler: Handler];

/** An answer to a request that cannot be fulfilled. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}
