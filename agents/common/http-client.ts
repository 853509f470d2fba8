import * as http from 'node:http';
import * as https from 'node:https';
import { bodyOf, LONGEST_BYTES } from './body';

export interface Question {
  /** With a `socketPath` the host in it is not looked at. */
  readonly url: string;
  readonly socketPath?: string;
  /** @default GET */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. @default no body */
  readonly body?: unknown;
  /** Longest time until the whole answer is there, in milliseconds. */
  readonly limitMs: number;
  /** Longest time until there is a connection, in milliseconds. @default limitMs */
  readonly connectLimitMs?: number;
  /** A longer answer is none. @default one megabyte */
  readonly longestBytes?: number;
  /** Keeps connections. @default a new connection for each question */
  readonly agent?: http.Agent;
  /** Of https alone. */
  readonly tls?: Pick<https.RequestOptions, 'ca' | 'cert' | 'key' | 'minVersion' | 'rejectUnauthorized'>;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** Why there is no answer. */
export class NoAnswer extends Error {
  constructor(
    message: string,
    /** As Node calls it (`ECONNREFUSED`); ETIMEDOUT where a limit was reached. */
    readonly code: string,
    readonly connected: boolean,
    /** The connection was a kept one, which the other side closed just then. */
    readonly stale: boolean,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** Leaves nothing behind, however it ends: neither timer nor listener, and no connection but the agent's. @throws NoAnswer */
export function ask(question: Question): Promise<Answer> {
  const { url, limitMs, connectLimitMs = limitMs, longestBytes = LONGEST_BYTES, agent, tls } = question;
  const payload = question.body === undefined ? undefined : JSON.stringify(question.body);
  return new Promise((resolve, reject) => {
    const request = (url.startsWith('https:') ? https : http).request(url, {
      ...tls,
      socketPath: question.socketPath,
      method: question.method,
      agent: agent ?? false,
      headers: {
        ...question.headers,
        ...(payload !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
      },
    });
    let connected = false;
    let reached: string | undefined;
    const giveUp = (limit: string) => {
      reached = limit;
      request.destroy(new Error(limit));
    };
    const timers = [
      setTimeout(() => giveUp(`no answer within ${limitMs} ms`), limitMs),
      setTimeout(() => connected || giveUp(`no connection within ${connectLimitMs} ms`), connectLimitMs),
    ];
    const fail = (error: unknown) => {
      timers.forEach(clearTimeout);
      const { code = '', message } = error as NodeJS.ErrnoException;
      const stale = request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(code);
      reject(new NoAnswer(reached ?? message, reached === undefined ? code || message : 'ETIMEDOUT', connected, stale, error));
    };
    request.on('socket', (socket) => {
      // A kept one is connected: a listener for each request would stay on it
      if (socket.connecting) socket.once('connect', () => (connected = true));
      else connected = true;
    });
    request.on('error', fail);
    request.on('response', (response) => {
      bodyOf(response, longestBytes).then((text) => {
        timers.forEach(clearTimeout);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      }, fail);
    });
    request.end(payload);
  });
}
