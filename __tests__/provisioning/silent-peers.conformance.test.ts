import { once } from 'node:events';
import { createServer, type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { listening } from '../helpers/ports';
import { CAN_END_CONNECTIONS, endSilentConnections, type Watcher } from '../helpers/silent-peers';

/** For a busy machine: twelve questions. */
const LONG_MS = 5_000;

/** A server of the next tier, which answers or is silent: then it takes connections and says nothing. */
async function server(isSilent: () => boolean): Promise<Server> {
  const sockets = new Set<Socket>();
  const it = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('data', () => isSilent() || socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'));
  });
  await listening(it);
  onTestFinished(() => {
    sockets.forEach((socket) => socket.destroy());
    it.close();
  });
  return it;
}

const portOf = (it: Server) => (it.address() as AddressInfo).port;

/** Watches these until the test ends. */
function watch(connections: 'repeatable' | 'all', ...servers: readonly Server[]): Watcher {
  const watcher = endSilentConnections(
    connections,
    servers.map((each) => ({ port: portOf(each) })),
    '/health',
  );
  onTestFinished(() => watcher.stop());
  return watcher;
}

/** A connection on which a request was sent and whose end is noted. */
async function waiting(
  to: Server,
  { keepAlive = false, path = '/' } = {},
): Promise<{ readonly socket: Socket; readonly ended: () => boolean }> {
  const socket = connect({ port: portOf(to), host: '127.0.0.1', keepAlive, keepAliveInitialDelay: 60_000 });
  let ended = false;
  socket.on('error', () => (ended = true)).on('close', () => (ended = true));
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  // So that the kernel, which counts in steps of up to 4 ms, knows what came first
  await sleep(20);
  socket.write(`GET ${path} HTTP/1.1\r\n\r\n`);
  return { socket, ended: () => ended };
}

test.skipIf(!CAN_END_CONNECTIONS)('ends a connection that waits for a silent server, and leaves one with a keep-alive timer', async () => {
  const [silent, other] = [await server(() => true), await server(() => false)];
  const repeatable = await waiting(silent);
  const unrepeatable = await waiting(silent, { keepAlive: true });
  watch('repeatable', silent, other);
  await expect.poll(repeatable.ended, { timeout: LONG_MS }).toBe(true);
  await sleep(1_000);
  expect(unrepeatable.ended()).toBe(false);
});

test.skipIf(!CAN_END_CONNECTIONS)('leaves an answer alone that has begun', async () => {
  const [silent, other] = [await server(() => true), await server(() => false)];
  silent.on('connection', (socket: Socket) => {
    socket.on('data', (data) => void (data.includes('GET /download') && setTimeout(() => socket.write('HTTP/1.1 200 OK\r\n'), 50)));
  });
  const download = await waiting(silent, { path: '/download' });
  await once(download.socket, 'data');
  const repeatable = await waiting(silent);
  watch('repeatable', silent, other);
  await expect.poll(repeatable.ended, { timeout: LONG_MS }).toBe(true);
  await sleep(1_000);
  expect(download.ended()).toBe(false);
});

test.skipIf(!CAN_END_CONNECTIONS)('does nothing when no other server answers', async () => {
  const [silent, other] = [await server(() => true), await server(() => true)];
  const repeatable = await waiting(silent);
  const { said } = watch('repeatable', silent, other);
  await sleep(3_000);
  expect(repeatable.ended()).toBe(false);
  expect(said).toEqual([]);
});

test.skipIf(!CAN_END_CONNECTIONS)(
  'leaves all connections to an app server alone that takes new ones, however long it is silent',
  async () => {
    const [silent, other] = [await server(() => true), await server(() => false)];
    const slowPage = await waiting(silent);
    watch('all', silent, other);
    await sleep(3_000);
    expect(slowPage.ended()).toBe(false);
  },
);

test.skipIf(!CAN_END_CONNECTIONS)('keeps the answers of twenty servers apart', async () => {
  const servers = await Promise.all(Array.from({ length: 20 }, () => server(() => false)));
  const watcher = watch('all', ...servers);
  await sleep(LONG_MS);
  expect([watcher.isRunning(), watcher.said]).toEqual([true, []]);
});
