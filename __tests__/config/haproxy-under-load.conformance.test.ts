import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { Agent } from 'node:https';
import { connect, createServer as createNetServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PEER_HEALTH_PATH } from '../../lib/config/haproxy';
import { WEB_HEALTH_PATH } from '../../lib/config/nginx';
import { certificate } from '../helpers/certificate';
import { balancer, get, type Balancer } from '../helpers/haproxy';
import { listening } from '../helpers/ports';
import { hasProgram } from '../helpers/programs';
import { CAN_END_CONNECTIONS, endSilentConnections } from '../helpers/silent-peers';
import { Web } from '../helpers/web-server';

/** What takes seconds to show: servers that freeze and drain, slow and many clients, one reload after another. */
describe.skipIf(!hasProgram('haproxy') || !hasProgram('openssl'))('by the real HAProxy', () => {
  test.skipIf(!CAN_END_CONNECTIONS)(
    'a frozen server: its GETs are answered by another within 2 s, its POSTs wait for it and are not repeated when it dies',
    { timeout: 30_000 },
    async () => {
      let frozen = false;
      const freezing = await new Web((_, response) => response.end('hello')).start();
      const living = await new Web((_, response) => response.end('hello')).start();
      // A frozen process: the kernel accepts, nobody reads
      const stuck: Socket[] = [];
      const gate = createNetServer((socket) => {
        socket.on('error', () => undefined);
        if (frozen) return void stuck.push(socket.pause());
        const upstream = relay(freezing.port);
        socket.pipe(upstream).pipe(socket);
      });
      const port = await listening(gate);
      onTestFinished(() => void gate.close());
      const lb = await balancer([{ port }, living]);
      const watcher = endSilentConnections('repeatable', [{ port }, living], WEB_HEALTH_PATH);
      onTestFinished(() => watcher.stop());
      await sleep(1_500);
      frozen = true;
      const begin = Date.now();
      const posts = Array.from({ length: 4 }, () => get(lb, '/', { method: 'POST' }));
      const answers = await Promise.all(Array.from({ length: 6 }, () => get(lb, '/')));
      expect(Date.now() - begin).toBeLessThan(2_500);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
      stuck.forEach((socket) => socket.destroy());
      const statuses = (await Promise.all(posts)).map(({ status }) => status);
      expect(statuses.filter((status) => status >= 500).length).toBeGreaterThan(0);
      expect(living.methods().filter((method) => method === 'POST')).toHaveLength(statuses.filter((status) => status === 200).length);
    },
  );

  test('a POST that is under way when its server is marked down is not handed back to be sent again', { timeout: 30_000 }, async () => {
    let frozen = false;
    let finish: (() => void) | undefined;
    const server = createServer((message, response) => {
      if (message.url === '/nginx-health') return void (frozen || response.end());
      if (message.method === 'POST') finish = () => void response.end('stored');
      else response.end('hello');
    });
    const port = await listening(server);
    onTestFinished(() => void (server.close(), server.closeAllConnections()));
    const lb = await balancer([{ port }]);
    const session = connectHttp2(`https://127.0.0.1:${lb.https}`, { rejectUnauthorized: false });
    onTestFinished(() => session.destroy());
    await once(session.request({ ':path': '/' }).resume(), 'end');
    const post = session.request({ ':path': '/', ':method': 'POST' });
    const answered = once(post, 'response');
    post.end('a note');
    await expect.poll(() => finish).toBeDefined();
    frozen = true;
    await expect.poll(async () => (await get(lb, '/')).status, { timeout: 8_000, interval: 200 }).toBe(503);
    finish!();
    const [headers] = (await answered) as [Record<string, unknown>];
    expect(headers[':status']).toBe(200);
  });

  test('a server that drains: what it has is finished, and nothing new comes', { timeout: 30_000 }, async () => {
    const slowly: RequestListener = ({ url }, response) => void setTimeout(() => response.end(), url === '/slow' ? 4000 : 0);
    const webs = [await new Web(slowly).start(), await new Web(slowly).start()];
    const lb = await balancer(webs);
    const slow = get(lb, '/slow', { method: 'POST' });
    await expect.poll(() => webs.some(({ requests }) => requests.length > 0)).toBe(true);
    const leaving = webs.find(({ requests }) => requests.length > 0)!;
    leaving.draining = true;
    await sleep(2500);
    for (let number = 0; number < 6; number++) expect((await get(lb, '/')).status).toBe(200);
    expect((await slow).status).toBe(200);
    expect(leaving.methods()).toEqual(['POST']);
  });

  test(
    'slow clients are answered 408 and closed, however many they are, and others are served meanwhile',
    { timeout: 60_000 },
    async () => {
      const web = await new Web((_, response) => response.end('hello')).start();
      const lb = await balancer([web], { limits: { connections: 1_000 } });
      const slow = Array.from({ length: 100 }, () => slowClient(lb));
      let waiting = true;
      const ended = Promise.all(slow).finally(() => (waiting = false));
      const statuses = [];
      while (waiting) {
        statuses.push((await get(lb, '/')).status);
        await sleep(200);
      }
      expect((await ended).filter((text) => !text.startsWith('HTTP/1.1 408'))).toEqual([]);
      expect(new Set(statuses)).toEqual(new Set([200]));
    },
  );

  test('an address that floods is refused, another is served as before', { timeout: 60_000 }, async () => {
    const web = await new Web((_, response) => response.end('hello')).start();
    const lb = await balancer([web], { limits: { connectionsPerAddress: 20, requestsPerAddress: 50 } });
    const from = (localAddress: string) => ({ agent: new Agent({ keepAlive: false, localAddress }) });
    const held = await Promise.all(Array.from({ length: 60 }, () => idleClient(lb, '127.0.0.2')));
    expect(held.filter(Boolean)).toHaveLength(20);
    await expect(get(lb, '/', from('127.0.0.2'))).rejects.toThrow();
    const flood = new Agent({ keepAlive: true, maxSockets: 10, localAddress: '127.0.0.3' });
    const statuses = await Promise.all(Array.from({ length: 200 }, () => get(lb, '/', { agent: flood }).then(({ status }) => status)));
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    for (let index = 0; index < 20; index += 1) expect((await get(lb, '/', from('127.0.0.4'))).status).toBe(200);
  });

  test('fifty reloads and a new certificate under load: no request fails', { timeout: 120_000 }, async () => {
    const web = await new Web((_, response) => response.end('hello')).start();
    const lb = await balancer([web], { limits: { requestsPerAddress: 0, connectionsPerAddress: 0 } });
    const failures: unknown[] = [];
    let [running, done] = [true, 0];
    const client = async (agent?: Agent) => {
      while (running) {
        const { status } = await get(lb, '/', { agent }).catch((error: unknown) => (failures.push(error), { status: 0 }));
        if (status !== 200 && status !== 0) failures.push(status);
        done += 1;
        await sleep(5);
      }
    };
    const clients = [client(), client(), client(new Agent({ keepAlive: true })), client(new Agent({ keepAlive: true }))];
    const { certificate: chain, key } = certificate('second');
    for (let reload = 0; reload < 50; reload += 1) {
      if (reload === 25) writeFileSync(join(lb.folder, 'site.pem'), chain + key);
      lb.process.kill('SIGUSR2');
      await sleep(250);
    }
    running = false;
    await Promise.all(clients);
    expect(failures).toEqual([]);
    expect(done).toBeGreaterThan(500);
    expect((await get(lb, PEER_HEALTH_PATH)).commonName).toBe('second');
  });
});

/** Sends its request head a byte a second, without end; gives what it gets until it is closed. */
function slowClient({ https }: Balancer): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connectTls({ host: '127.0.0.1', port: https, rejectUnauthorized: false }, () =>
      socket.write('GET / HTTP/1.1\r\nHost: '),
    );
    const drip = setInterval(() => socket.write('x'), 1_000);
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(drip);
      resolve(received);
    });
  });
}

/** Connects and holds on; whether it was let in. */
function idleClient({ https }: Balancer, localAddress: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTls({ socket: connect({ host: '127.0.0.1', port: https, localAddress }), rejectUnauthorized: false }, () =>
      resolve(true),
    );
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
    onTestFinished(() => void socket.destroy());
  });
}

function relay(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  return socket;
}
