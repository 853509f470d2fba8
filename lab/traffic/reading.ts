import https from 'node:https';
import { atRate, now, pause } from './clock';
import { RequestError } from './request';
import { attempt, getOnce, perSecondOf, type Client } from './stream';

/** Sends requests at a fixed rate, each on a new connection like a new visitor. Outages are measured by these. */
export async function probes(client: Client, { perSecond = 25, path = '/api/whoami' } = {}): Promise<void> {
  const open = new Set<Promise<unknown>>();
  await atRate(perSecondOf(client, perSecond), client.stopping, () => {
    const one = getOnce(client, 'probe', { path }).finally(() => open.delete(one));
    open.add(one);
  });
  await Promise.all(open);
}

/** One client that keeps its connection, as a browser does. Opens a new one only when the old one was closed. */
export async function keepAlive(client: Client, { perSecond = 10, path = '/api/whoami' } = {}): Promise<void> {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  while (!client.stopping.aborted) {
    const next = now() + 1000 / perSecondOf(client, perSecond);
    await getOnce(client, 'keep-alive', { path, agent });
    await pause(next - now(), client.stopping);
  }
  agent.destroy();
}

/** Requests the visitors' pages in turn, with a browser's timeouts. */
export async function getMix(client: Client, { perSecond = 10, patienceMilliseconds = 15_000 } = {}): Promise<void> {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 32 });
  const open = new Set<Promise<unknown>>();
  await atRate(perSecondOf(client, perSecond), client.stopping, (n) => {
    const note = client.notes.length > 0 ? client.random.pick(client.notes) : undefined;
    const paths = ['/', '/api/notes', note?.id ? `/api/notes/${note.id}` : '/api/whoami'];
    // A kept connection that dies under a GET is retried once on a new one, as browsers do.
    const one = visit(client, paths[n % paths.length]!, agent, patienceMilliseconds).finally(() => open.delete(one));
    open.add(one);
  });
  await Promise.all(open);
  agent.destroy();
}

async function visit(client: Client, path: string, agent: https.Agent, totalMilliseconds: number): Promise<void> {
  const start = now();
  const first = await attempt(client.target, { method: 'GET', path, agent, connectMilliseconds: 3000, totalMilliseconds });
  if (first.error?.message.includes('reused connection')) {
    await getOnce(client, 'get', { path, connectMilliseconds: 3000, totalMilliseconds });
    return;
  }
  const failure =
    first.error ??
    (first.answer!.status >= 400 ? new RequestError('answering', `status ${first.answer!.status}`, first.answer!.status) : undefined);
  client.record({
    stream: 'get',
    start,
    end: now(),
    outcome: failure ? 'failed' : 'acknowledged',
    status: first.answer?.status ?? first.error?.status,
    error: failure && `${failure.message} (${path})`,
    servedBy: { web: header(first.answer?.headers['x-served-by-web']), app: header(first.answer?.headers['x-served-by-app']) },
  });
}

function header(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
