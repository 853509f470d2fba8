import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { limitConnections } from './connections';
import { messageOf } from './errors';

export interface Reply {
  readonly status: number;
  readonly type: 'text/plain' | 'application/json';
  readonly text: string;
}
/** `GET /path` to what answers it. HEAD is answered as GET; where a handler throws, the reply is 500 with `{ error }`. */
export type Routes = Readonly<Record<string, (request: IncomingMessage) => Reply | Promise<Reply>>>;

/** A port of one address, or a socket file that its owner alone may use. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string };

const LISTEN_AGAIN_MS = 1_000;
/** A request that does not end is cut off. */
const REQUEST_LIMIT_MS = 10_000;

export function json(value: object, status = 200): Reply {
  return { status, type: 'application/json', text: `${JSON.stringify(value)}\n` };
}

export function text(value: string, status = 200): Reply {
  return { status, type: 'text/plain', text: value };
}

/** An agent's HTTP server, which does not listen yet. No answer is kept by who asks. */
export function serverOf(routes: Routes): Server {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    const handle = routes[`${request.method === 'HEAD' ? 'GET' : request.method} ${path}`] ?? (() => json({ error: 'not found' }, 404));
    Promise.resolve()
      .then(() => handle(request))
      .catch((error: unknown) => json({ error: messageOf(error) }, 500))
      .then((reply) => {
        const headers = {
          'content-type': `${reply.type}; charset=utf-8`,
          'content-length': Buffer.byteLength(reply.text),
          'cache-control': 'no-store',
        };
        response.writeHead(reply.status, headers).end(reply.text);
      })
      .catch(() => response.destroy());
  });
  server.requestTimeout = REQUEST_LIMIT_MS;
  limitConnections(server);
  return server;
}

/** Tries again each second, without end: after a boot the address may come later than the agent. `log` hears of each new reason once. */
export function listen(server: Server, place: Place, log: (line: string) => void): Server {
  let said = '';
  server.on('error', (error) => {
    if (said !== error.message) log(`cannot listen yet: ${error.message}`);
    said = error.message;
    setTimeout(() => bind(server, place), LISTEN_AGAIN_MS);
  });
  bind(server, place);
  return server;
}

function bind(server: Server, place: Place): void {
  if (!('path' in place)) {
    server.listen(place);
    return;
  }
  // Left over by a process that was killed
  rmSync(place.path, { force: true });
  // The file is made before listen() returns
  const before = process.umask(0o177);
  server.listen(place);
  process.umask(before);
}
