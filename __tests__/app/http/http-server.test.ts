import fc from 'fast-check';
import { Agent, get, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { healthRoutes } from '../../../app/health';
import type { Route } from '../../../app/http/exchange';
import { HttpServer } from '../../../app/http/http-server';
import { MEASURED_SOCKET, measuringRoutes } from '../../../app/measuring';
import { Notes } from '../../../app/notes/notes';
import { notesRoutes } from '../../../app/notes/routes';
import { sendBytes } from '../../helpers/bytes';
import { FakeClock } from '../fake-clock';
import { FakeDatabase } from '../fake-database';

async function start(furtherRoutes: readonly Route[] = []) {
  const database = new FakeDatabase();
  const lines: string[] = [];
  const log = (event: string, fields = {}) => void lines.push(JSON.stringify({ event, ...fields }));
  const server: HttpServer = new HttpServer({
    hostName: 'app-1',
    log,
    webSocketPath: MEASURED_SOCKET,
    routes: [
      ...healthRoutes({ hostName: 'app-1', database, log, notReadyBecause: () => (server.draining ? 'stopping' : undefined) }),
      ...notesRoutes(new Notes(database, new FakeClock()), 'app-1', log),
      ...measuringRoutes('app-1'),
      ...furtherRoutes,
    ],
  });
  const port = await server.listen(0, '127.0.0.1');
  onTestFinished(() => server.drain(0));
  return { database, server, lines, port, url: `http://127.0.0.1:${port}` };
}

function post(url: string, body: unknown, headers: Record<string, string> = { 'Idempotency-Key': 'key-1' }) {
  return fetch(`${url}/api/notes`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Web-Host': 'web-2', 'X-Request-Id': 'request-1', ...headers },
    body: JSON.stringify(body),
  });
}

test('a note is 201 the first time, 200 with the same note after that, and names who served it', async () => {
  const { url } = await start();
  const first = await post(url, { text: 'hello' });
  expect(first.status).toBe(201);
  expect(first.headers.get('x-served-by-app')).toBe('app-1');
  const body = (await first.json()) as { note: { id: number; text: string } };
  expect(body).toMatchObject({ note: { text: 'hello' }, web: 'web-2', app: 'app-1', database: 'db-1' });
  const again = await post(url, { text: 'hello' });
  expect(again.status).toBe(200);
  expect(await again.json()).toEqual(body);
  const read = await fetch(`${url}/api/notes/${body.note.id}`);
  expect(await read.json()).toMatchObject({ note: body.note, web: null, app: 'app-1', database: 'db-2' });
});

test.each([
  ['no key', { text: 'hello' }, { 'Idempotency-Key': '' }, 400, 'no-idempotency-key'],
  ['no text', { text: '   ' }, undefined, 400, 'no-text'],
  ['a long text', { text: 'x'.repeat(1001) }, undefined, 400, 'no-text'],
  ['a huge body', { text: 'x'.repeat(20_000) }, undefined, 413, 'body-too-large'],
  ['another type', { text: 'hello' }, { 'Idempotency-Key': 'key-1', 'Content-Type': 'text/plain' }, 415, 'not-json'],
])('a note with %s is refused', async (_, body, headers, status, code) => {
  const { url } = await start();
  const answer = await post(url, body, headers);
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ error: { code }, requestId: 'request-1', web: 'web-2' });
});

test('a key that belongs to another text is refused with 422', async () => {
  const { url } = await start();
  await post(url, { text: 'hello' });
  expect((await post(url, { text: 'other' })).status).toBe(422);
});

test('a database that does not answer in time gives 503, with what is known of the write', async () => {
  const { url, database } = await start();
  database.faults.push('lost-before-commit', ...Array<'no-connection'>(200).fill('no-connection'));
  const answer = await post(url, { text: 'hello' });
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(await answer.json()).toMatchObject({ error: { code: 'database-unavailable', outcome: 'unclear' } });
});

test('an unknown path is 404, an unknown method 405 with those that are allowed', async () => {
  const { url } = await start();
  expect((await fetch(`${url}/nothing`)).status).toBe(404);
  const answer = await fetch(`${url}/api/notes`, { method: 'DELETE' });
  expect(answer.status).toBe(405);
  expect(answer.headers.get('allow')).toBe('GET, POST');
});

test('a mistake in a handler is 500 without its text, which is in the log under the request id', async () => {
  const broken: Route = ['GET', '/broken', () => Promise.reject(new Error('secret detail'))];
  const { url, lines } = await start([broken]);
  const answer = await fetch(`${url}/broken`, { headers: { 'X-Request-Id': 'request-7' } });
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain('secret detail');
  expect(lines.find((line) => line.includes('secret detail'))).toContain('request-7');
});

test('is alive without a database, but ready only with one, and what the database said is in the log alone', async () => {
  const { url, database, lines } = await start();
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  database.readerFaults = Infinity;
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  const answer = await fetch(`${url}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.text()).not.toContain('refused');
  expect(lines.at(-1)).toContain('refused');
});

test('random bytes, and nonsense in the form of HTTP, do not end it', async () => {
  const { url, port } = await start();
  const requests = fc
    .tuple(
      fc.constantFrom('GET', 'POST', 'HEAD', '\0'),
      fc.oneof(
        fc.constantFrom('/api/notes', '/api/notes/1', '/api/download?bytes=', '//', '/%', '/\\evil', 'http://[', '*'),
        fc.string({ maxLength: 40 }),
      ),
      fc.array(
        fc.constantFrom(
          'host: a',
          'idempotency-key: k',
          'content-type: application/json',
          'content-length: 5',
          'x-request-id: \x7f',
          'transfer-encoding: chunked',
        ),
      ),
      fc.oneof(fc.json({ maxDepth: 2 }), fc.string()),
    )
    .map(([method, path, headers, body]) =>
      Buffer.from(`${method} ${path} HTTP/1.1\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n${body}`, 'latin1'),
    );
  const bytes = fc.oneof(
    requests,
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(bytes, { minLength: 1, maxLength: 5 }),
      async (all) => void (await Promise.all(all.map((each) => sendBytes(port, each)))),
    ),
    { numRuns: 40 },
  );
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test('a download has exactly as many bytes as asked for', async () => {
  const { url } = await start();
  const answer = await fetch(`${url}/api/download?bytes=200001`);
  expect(answer.headers.get('content-length')).toBe('200001');
  expect((await answer.arrayBuffer()).byteLength).toBe(200_001);
  expect((await fetch(`${url}/api/download?bytes=-1`)).status).toBe(400);
});

test('while it drains, what was accepted is finished, new connections are refused, kept ones are told to go', async () => {
  const { server, port } = await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  onTestFinished(() => agent.destroy());
  const slow = ask(port, '/api/slow?ms=300', agent);
  await ask(port, '/healthz', agent);
  const drained = server.drain(5000);
  // the second connection was kept: a request that is already on its way is still answered
  const late = await ask(port, '/readyz', agent);
  expect(late).toMatchObject({ status: 503, connection: 'close' });
  await expect(ask(port, '/healthz', new Agent())).rejects.toThrow('ECONNREFUSED');
  expect(await slow).toMatchObject({ status: 200 });
  await drained;
});

test('event streams end when it drains, so that they do not hold it up', async () => {
  const { server, port } = await start();
  let stream: Promise<Answer> | undefined;
  await new Promise((begun) => {
    stream = ask(port, '/api/events', new Agent(), begun);
  });
  const started = Date.now();
  await server.drain(10_000);
  expect(Date.now() - started).toBeLessThan(2000);
  expect((await stream)?.text).toContain('"number":1');
});

test('connections that nobody closes are cut when the time to drain is over', async () => {
  const { server, port } = await start();
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const never = httpRequest({ port, agent, method: 'POST', path: '/api/notes', headers: { 'Content-Length': 5 } });
  never.on('error', () => undefined);
  never.flushHeaders();
  await sleep(50);
  const started = Date.now();
  await server.drain(300);
  expect(Date.now() - started).toBeLessThan(2000);
});

interface Answer {
  readonly status: number | undefined;
  readonly connection: string | undefined;
  readonly text: string;
}

function ask(port: number, path: string, agent: Agent, onData: (chunk: string) => void = () => undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get({ port, path, agent }, (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => (text += chunk))
        .on('data', onData);
      response.on('end', () => resolve({ status: response.statusCode, connection: response.headers.connection, text }));
    }).on('error', reject);
  });
}

/** Sends a handshake, and gives what has come when the socket ends. */
function webSocket(port: number, path: string, headers = 'Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n') {
  const socket = connect(port, '127.0.0.1', () =>
    socket.write(`GET ${path} HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\n${headers}\r\n`),
  );
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => (received = Buffer.concat([received, chunk])));
  const ended = new Promise<Buffer>((resolve) => socket.once('close', () => resolve(received)));
  return { socket, ended, received: () => received.toString('latin1') };
}

test('a web socket is accepted as RFC 6455 says, and told to go away when the server stops', async () => {
  const { server, port } = await start();
  const { ended, received } = webSocket(port, '/api/socket');
  // The key and the answer to it are the example of RFC 6455, 1.3
  await expect.poll(received).toMatch(/^HTTP\/1\.1 101 [^]*\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n\r\n$/);
  await server.drain(5000);
  expect((await ended).subarray(-4)).toEqual(Buffer.from([0x88, 2, 3, 0xe9]));
});

test('a web socket is held until the client ends it', async () => {
  const { port } = await start();
  const { socket, ended, received } = webSocket(port, '/api/socket');
  await expect.poll(received).toMatch(/^HTTP\/1\.1 101 /);
  socket.end(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
  await ended;
});

test('an upgrade is refused at another path, to another protocol, and without a key', async () => {
  const { port } = await start();
  expect((await webSocket(port, '/api/notes').ended).toString()).toMatch(/^HTTP\/1\.1 404 /);
  expect((await webSocket(port, '/api/socket', 'Upgrade: h2c\r\n').ended).toString()).toMatch(/^HTTP\/1\.1 400 /);
  expect((await webSocket(port, '/api/socket', 'Upgrade: websocket\r\n').ended).toString()).toMatch(/^HTTP\/1\.1 400 /);
});
