import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { bodyOf } from '../common/body';
import { limitConnections } from '../common/connections';
import type { Agent } from './agent';
import { renderMetrics } from './metrics';

type Handler = (request: IncomingMessage) => Promise<Answer> | Answer;
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** On the private address: health checks of the app hosts, peers, metrics. Nothing here changes anything. */
export function healthServer(agent: Agent): Server {
  return serve({
    'GET /primary': () => health(agent.primary()),
    'GET /reader': () => health(agent.reader()),
    'GET /status': () => ({ status: 200, body: agent.status() }),
    'GET /metrics': () => ({ status: 200, body: renderMetrics(agent.status()) }),
  });
}

/** On a socket that root alone can reach: what changes the group. */
export function controlServer(agent: Agent): Server {
  return serve({
    'GET /status': () => ({ status: 200, body: agent.status() }),
    'POST /switchover': async (request) => ({ status: 200, body: { primary: await agent.handOver(textOf(await json(request), 'to')) } }),
    'POST /step-down': async () => ({ status: 200, body: { primary: agent.isPrimary ? await agent.handOver() : null } }),
    'POST /force-bootstrap': async (request) => {
      await agent.forceBootstrap(textOf(await json(request), 'operator') ?? 'unknown');
      return { status: 202, body: { started: true } };
    },
  });
}

/** Listens as soon as it can: at boot the private address may come after the agent. */
export function listenOn(server: Server, target: { readonly host: string; readonly port: number }, log: (line: string) => void): void {
  server.on('error', (error) => {
    log(`cannot listen on ${target.host}:${target.port} yet: ${error.message}`);
    setTimeout(() => server.listen(target), 1000);
  });
  server.listen(target);
}

export function listenOnSocket(server: Server, path: string): void {
  rmSync(path, { force: true });
  server.listen(path, () => chmodSync(path, 0o600));
}

function serve(routes: Readonly<Record<string, Handler>>): Server {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    const handler = routes[`${request.method === 'HEAD' ? 'GET' : request.method} ${path}`];
    Promise.resolve(handler ? handler(request) : { status: 404, body: { error: 'not found' } })
      .catch((error: unknown): Answer => ({ status: 409, body: { error: error instanceof Error ? error.message : String(error) } }))
      .then((answer) => send(response, answer))
      .catch(() => response.destroy());
  });
  server.requestTimeout = 10_000;
  limitConnections(server);
  return server;
}

function health({ ok, why }: { ok: boolean; why: string }): Answer {
  return { status: ok ? 200 : 503, body: `${why}\n` };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json', 'cache-control': 'no-store' });
  response.end(isText ? body : `${JSON.stringify(body)}\n`);
}

async function json(request: IncomingMessage): Promise<Record<string, unknown>> {
  const text = await bodyOf(request);
  return (text ? JSON.parse(text) : {}) as Record<string, unknown>;
}

function textOf(body: Record<string, unknown>, key: string): string | undefined {
  const value = body[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
