import { createHash } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** RFC 6455, 1.3: what the server adds to the client's key. */
const HANDSHAKE = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** RFC 6455, 5.5.1 and 7.4.1: a close frame of two bytes with code 1001, going away. */
const GOING_AWAY = Buffer.from([0x88, 0x02, 0x03, 0xe9]);
const MOST_HELD = 10_000;

/**
 * Web sockets on which nothing is ever said: for tests of the way to the client. What a client sends is thrown away.
 * An application that talks on them uses a library.
 */
export class SilentWebSockets {
  private readonly held = new Set<Duplex>();
  private closing = false;

  constructor(server: Server, path: string) {
    server.on('upgrade', (message: IncomingMessage, socket: Duplex) => {
      socket.on('error', () => socket.destroy());
      const key = message.headers['sec-websocket-key'];
      if (message.url !== path) refuse(socket, '404 Not Found');
      else if (message.headers.upgrade?.toLowerCase() !== 'websocket' || key === undefined) refuse(socket, '400 Bad Request');
      else if (this.closing || this.held.size >= MOST_HELD) refuse(socket, '503 Service Unavailable');
      else this.accept(socket, key);
    });
  }

  /** Says to each that the server goes away. */
  close(): void {
    this.closing = true;
    for (const socket of this.held) socket.end(GOING_AWAY);
  }

  private accept(socket: Duplex, key: string): void {
    const answer = createHash('sha1').update(`${key}${HANDSHAKE}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${answer}\r\n\r\n`,
    );
    this.held.add(socket);
    socket.once('close', () => this.held.delete(socket));
    socket.once('end', () => socket.end());
    socket.resume();
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
