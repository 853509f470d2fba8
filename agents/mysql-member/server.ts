import type { IncomingMessage, Server } from 'node:http';
import { bodyOf } from '../common/body';
import { messageOf } from '../common/errors';
import { json, serverOf, text, type Reply } from '../common/http-server';
import { renderMetrics } from '../common/metrics';
import type { Agent } from './agent';
import type { Health } from './health';
import { metricsOf } from './metrics';

/** On the private address: health checks of the app hosts, peers, metrics. Nothing here changes anything. */
export function healthServer(agent: Agent): Server {
  return serverOf({
    'GET /primary': () => health(agent.primary()),
    'GET /reader': () => health(agent.reader()),
    'GET /status': () => json(agent.status()),
    'GET /metrics': () => text(renderMetrics(metricsOf(agent.status()))),
  });
}

/** On a socket that root alone can reach: what changes the group. */
export function controlServer(agent: Agent): Server {
  return serverOf({
    'GET /status': () => json(agent.status()),
    'POST /switchover': (request) => attempt(async () => ({ primary: await agent.handOver(textOf(await bodyAsJson(request), 'to')) })),
    'POST /step-down': () => attempt(async () => ({ primary: agent.isPrimary ? await agent.handOver() : null })),
    'POST /leave': () => attempt(async () => ({ primary: await agent.leave() })),
    'POST /force-bootstrap': (request) =>
      attempt(async () => {
        await agent.forceBootstrap(textOf(await bodyAsJson(request), 'operator') ?? 'unknown');
        return { started: true };
      }, 202),
  });
}

/** What cannot be done now is told as it is: the operator's command prints it. */
async function attempt(change: () => Promise<object>, status = 200): Promise<Reply> {
  try {
    return json(await change(), status);
  } catch (error) {
    return json({ error: messageOf(error) }, 409);
  }
}

function health({ ok, why }: Health): Reply {
  return text(`${why}\n`, ok ? 200 : 503);
}

async function bodyAsJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const body = await bodyOf(request);
  return (body ? JSON.parse(body) : {}) as Record<string, unknown>;
}

function textOf(body: Record<string, unknown>, key: string): string | undefined {
  const value = body[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
