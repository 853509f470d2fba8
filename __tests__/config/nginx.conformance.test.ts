import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LOAD_BALANCER, nginx } from '../helpers/nginx';
import { freePort, listening } from '../helpers/ports';
import { hasProgram } from '../helpers/programs';

interface App {
  readonly port: number;
  readonly requests: { method: string; url: string; headers: IncomingHttpHeaders }[];
  stop(): void;
}

/** An app server on loopback that remembers what it was asked. */
async function app(answer: RequestListener = (_, response) => response.end('ok')): Promise<App> {
  const requests: App['requests'] = [];
  const server: Server = createServer((message, response) => {
    requests.push({ method: message.method ?? '', url: message.url ?? '', headers: message.headers });
    answer(message, response);
  });
  const stop = () => void (server.close(), server.closeAllConnections());
  onTestFinished(stop);
  return { port: await listening(server), requests, stop };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; from?: string; body?: string } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, from = '127.0.0.1', body } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers, localAddress: from }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    outgoing.on('error', reject).end(body);
  });
}

const closing: RequestListener = (message) => message.socket.destroy();
const failing =
  (status: number): RequestListener =>
  (_, response) =>
    response.writeHead(status).end('no');

describe.skipIf(!hasProgram('nginx'))('the real Nginx', () => {
  test.each([
    [undefined, '203.0.113.7', '/api/notes?secret=1'],
    [{ clientAddresses: 'shortened' }, '203.0.113.0', '/api/notes?secret=1'],
    [{ clientAddresses: 'none', queries: false }, '-', '/api/notes'],
  ] as const)('logs what it may of visitors: %o', async (logs, client, uri) => {
    const { port, folder } = await nginx([await app()], { logs });
    await ask(port, '/api/notes?secret=1', { from: LOAD_BALANCER, headers: { 'x-forwarded-for': '203.0.113.7' } });
    let line = '';
    for (let tries = 0; tries < 60 && line === ''; tries += 1) {
      await sleep(50);
      line = readFileSync(join(folder, 'log/access.log'), 'utf8');
    }
    expect(JSON.parse(line)).toMatchObject({ client, uri });
  });

  test('logs each failure, and of successes the share that it is told', async () => {
    const { port, folder } = await nginx(
      [await app((message, response) => response.writeHead(message.url === '/fine' ? 200 : 404).end())],
      {
        logs: { oneSuccessIn: 4 },
      },
    );
    for (let number = 0; number < 40; number += 1) await Promise.all(Array.from({ length: 10 }, () => ask(port, '/fine')));
    for (let number = 0; number < 10; number += 1) await ask(port, '/missing');
    const logged = (uri: string) => readFileSync(join(folder, 'log/access.log'), 'utf8').split(`"uri":"${uri}"`).length - 1;
    await expect.poll(() => logged('/missing'), { timeout: 5_000 }).toBe(10);
    // By chance 100 of 400; outside of this range once in a million runs
    expect(logged('/fine')).toBeGreaterThan(55);
    expect(logged('/fine')).toBeLessThan(145);
  });

  test('shortens IPv6 addresses to 48 bits', async () => {
    const { port, folder } = await nginx([await app()], { logs: { clientAddresses: 'shortened' } });
    await ask(port, '/api/notes', { from: LOAD_BALANCER, headers: { 'x-forwarded-for': '2001:db8:1:2::3' } });
    await sleep(2_000);
    expect(JSON.parse(readFileSync(join(folder, 'log/access.log'), 'utf8'))).toMatchObject({ client: '2001:db8:1::' });
  });

  test('serves files of the public folder itself, nothing that begins with a dot, and all the rest from the app servers', async () => {
    const one = await app();
    const { port } = await nginx([one]);
    expect(await ask(port, '/')).toMatchObject({ status: 200, text: '<h1>home</h1>' });
    expect((await ask(port, '/.git/config')).status).toBe(404);
    expect(one.requests).toHaveLength(0);
    const answer = await ask(port, '/api/notes?x=1');
    expect(answer).toMatchObject({ status: 200, text: 'ok' });
    expect(answer.headers['x-served-by-web']).toBe('web-1');
    expect(one.requests[0]).toMatchObject({ url: '/api/notes?x=1', headers: { 'x-web-host': 'web-1' } });
  });

  test('answers /nginx-health itself, and 404 once it is draining', async () => {
    const { port, folder } = await nginx([{ port: await freePort() }]);
    expect(await ask(port, '/nginx-health')).toMatchObject({ status: 200, text: 'ok\n' });
    writeFileSync(join(folder, 'run/draining'), '');
    expect((await ask(port, '/nginx-health')).status).toBe(404);
  });

  test('GET and POST go to the other app server when one refuses connections: it has seen nothing', async () => {
    const alive = await app();
    const { port } = await nginx([{ port: await freePort() }, alive]);
    for (let number = 0; number < 4; number++) {
      expect((await ask(port, '/api/x')).status).toBe(200);
      expect((await ask(port, '/api/x', { method: 'POST', body: '{}' })).status).toBe(200);
    }
    expect(alive.requests).toHaveLength(8);
  });

  test.each([
    ['dies while it works', closing],
    ['falls silent', (() => undefined) satisfies RequestListener],
    ['answers 502', failing(502)],
    ['answers 503', failing(503)],
    ['answers 504', failing(504)],
  ])('no GET fails when one of two app servers %s', async (_, answer) => {
    const dying = await app(answer);
    const alive = await app();
    const { port } = await nginx([dying, alive]);
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(port, '/api/x')));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(dying.requests.length).toBeGreaterThan(0);
  });

  test.each([
    ['dies while it works', closing, 502],
    ['falls silent', (() => undefined) satisfies RequestListener, 504],
    ['answers 503', failing(503), 503],
  ])('a POST is never sent twice when its app server %s', async (_, answer, status) => {
    const one = await app(answer);
    const two = await app(answer);
    const { port } = await nginx([one, two]);
    for (let number = 0; number < 3; number++) {
      expect((await ask(port, `/api/x?${number}`, { method: 'POST', body: '{}' })).status).toBe(status);
    }
    const urls = [...one.requests, ...two.requests].map(({ url }) => url);
    expect(urls.sort()).toEqual(['/api/x?0', '/api/x?1', '/api/x?2']);
  });

  test('a page that fails on every app server does not take the others with it', async () => {
    const answer: RequestListener = ({ url }, response) => response.writeHead(url === '/api/bad' ? 503 : 200).end();
    const { port } = await nginx([await app(answer), await app(answer)]);
    for (let number = 0; number < 8; number++) expect((await ask(port, '/api/bad')).status).toBe(503);
    for (let number = 0; number < 8; number++) expect((await ask(port, '/api/good')).status).toBe(200);
  });

  test('is back with the first app server that is', async () => {
    const port = await freePort();
    const { port: web } = await nginx([{ port }]);
    for (let number = 0; number < 4; number++) expect((await ask(web, '/api/x')).status).toBe(502);
    const server = createServer((_, response) => response.end('back'));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => void (server.close(), server.closeAllConnections()));
    expect((await ask(web, '/api/x')).text).toBe('back');
  });

  test('believes a load balancer, and nobody else, about the client', async () => {
    const one = await app();
    const { port } = await nginx([one]);
    const headers = { 'X-Forwarded-For': '198.51.100.7', 'X-Forwarded-Proto': 'https', 'X-Request-Id': 'given-by-the-load-balancer' };
    await ask(port, '/api/x', { headers, from: LOAD_BALANCER });
    await ask(port, '/api/x', { headers });
    expect(one.requests[0]?.headers).toMatchObject({
      'x-forwarded-for': '198.51.100.7',
      'x-forwarded-proto': 'https',
      'x-request-id': 'given-by-the-load-balancer',
    });
    expect(one.requests[1]?.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' });
    expect(one.requests[1]?.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
  });

  test('passes events on as they come, and web sockets through', async () => {
    const one = await app((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' }).write('data: 1\n\n');
    });
    const { port } = await nginx([one]);
    const first = await new Promise<string>((resolve) => {
      const outgoing = request({ port, path: '/api/events' }, (response) => {
        response.once('data', (chunk: Buffer) => (resolve(chunk.toString()), outgoing.destroy()));
      });
      outgoing.on('error', () => undefined).end();
    });
    expect(first).toBe('data: 1\n\n');
    const upgraded = await new Promise<boolean>((resolve) => {
      const outgoing = request({ port, path: '/socket', headers: { Connection: 'Upgrade', Upgrade: 'websocket' } });
      outgoing
        .on('response', () => (resolve(false), outgoing.destroy()))
        .on('error', () => resolve(false))
        .end();
      setTimeout(() => outgoing.destroy(), 500);
    });
    expect(upgraded).toBe(false);
    expect(one.requests[1]?.headers).toMatchObject({ connection: 'upgrade', upgrade: 'websocket' });
  });

  test('refuses a body that is too large', async () => {
    const { port } = await nginx([await app()]);
    const answer = await ask(port, '/api/x', { method: 'POST', headers: { 'Content-Length': '2000000' }, body: '' }).catch(() => undefined);
    expect(answer?.status).toBe(413);
  });
});
