import { rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { ListenOptions } from 'node:net';
import { limitConnections } from '../common/connections';

export interface Reply {
  readonly status: number;
  readonly type: 'text/plain' | 'application/json';
  readonly text: string;
}
export type Routes = Readonly<Record<string, () => Reply | Promise<Reply>>>;

export function json(value: object): Reply {
  return { status: 200, type: 'application/json', text: `${JSON.stringify(value)}\n` };
}

export function text(value: string, status = 200): Reply {
  return { status, type: 'text/plain', text: value };
}

/** Listens for ever: the private address may come late after a boot. */
export function serve(routes: Routes, where: ListenOptions): Server {
  const handle: RequestListener = (request, response) => {
    const route = routes[`${request.method} ${request.url?.split('?')[0]}`] ?? (() => text('not found\n', 404));
    void Promise.resolve(route()).then(({ status, type, text: body }) => {
      response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'content-length': Buffer.byteLength(body) }).end(body);
    });
  };
  const server = createServer(handle);
  server.requestTimeout = 10_000;
  limitConnections(server);
  const listen = () => {
    // Left over by a process that was killed
    if (where.path) rmSync(where.path, { force: true });
    server.listen(where);
  };
  server.on('error', () => setTimeout(listen, 1_000));
  listen();
  return server;
}
