import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { connect, createServer as createNetServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PEER_HEALTH_PATH, renderHaproxyConfig, type HaproxyConfig, type HaproxyLimits } from '../../lib/config/haproxy';
import { renderUnavailablePage } from '../../lib/config/unavailable-page';
import { hasProgram } from '../helpers/programs';

const HAPROXY = '/usr/sbin/haproxy';

/** A web server on loopback that is healthy and remembers what else it was asked. */
class Web {
  readonly requests: IncomingMessage[] = [];
  readonly server: Server;
  port = 0;

  constructor(answer: RequestListener) {
    this.server = createServer((message, response) => {
      if (message.url === '/nginx-health') return void response.end('ok');
      this.requests.push(message);
      answer(message, response);
    });
  }

  async start(): Promise<this> {
    this.port = await listening(this.server);
    onTestFinished(() => this.stop());
    return this;
  }

  stop(): void {
    this.server.close();
    if ('closeAllConnections' in this.server) (this.server.closeAllConnections as () => void)();
  }

  methods(): string[] {
    return this.requests.map(({ method }) => method ?? '');
  }
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createNetServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function certificate(commonName: string): { certificate: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${commonName}`, '-keyout', '-', '-out', '-'], { cwd: folder, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  const block = (kind: string) => new RegExp(`-----BEGIN ${kind}-----[^]*?-----END ${kind}-----\n`).exec(made.stdout)?.[0] ?? '';
  return { certificate: block('CERTIFICATE'), key: block('PRIVATE KEY') };
}

interface Balancer {
  readonly https: number;
  readonly http: number;
  readonly folder: string;
  readonly process: ChildProcess;
  check(): { status: number | null; output: string };
}

/** The rendered file, word for word but for its folders, run by the real HAProxy in master-worker mode. */
async function balancer(webs: readonly { port: number }[], options: { limits?: HaproxyLimits; name?: string } = {}): Promise<Balancer> {
  const folder = mkdtempSync(join(tmpdir(), 'haproxy-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [http, https, metrics] = [await freePort(), await freePort(), await freePort()];
  const text = renderHaproxyConfig({
    privateAddress: '127.0.0.1',
    ports: { http, https, metrics } as unknown as HaproxyConfig['ports'],
    upstreams: webs.map(({ port }, index) => ({ name: `web-${index + 1}`, address: '127.0.0.1', port })),
    files: folder,
    hsts: { maxAgeSeconds: 300 },
    limits: { connections: 500, ...options.limits },
  })
    .replaceAll('/run/haproxy/admin.sock', join(folder, 'admin.sock'))
    .replace(/^ {2}(chroot|user|group) .*\n/gm, '')
    .replace('user root group root ', '');
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, text);
  const { certificate: chain, key } = certificate(options.name ?? 'first');
  writeFileSync(join(folder, 'site.pem'), chain + key);
  writeFileSync(join(folder, 'unavailable.http'), renderUnavailablePage());
  const check = () => {
    const { status, stdout, stderr } = spawnSync(HAPROXY, ['-dW', '-c', '-f', file], { encoding: 'utf8' });
    return { status, output: stdout + stderr };
  };
  const process = spawn(HAPROXY, ['-W', '-f', file], { stdio: 'ignore' });
  onTestFinished(() => void process.kill('SIGTERM'));
  const balancer = { https, http, folder, process, check };
  for (let tries = 0; ; tries += 1) {
    if (await get(balancer, PEER_HEALTH_PATH).then(({ status }) => status === 200, () => false)) return balancer;
    if (tries > 100) throw new Error(`HAProxy did not start: ${check().output}`);
    await sleep(50);
  }
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly commonName: string | undefined;
}

function get({ https }: Pick<Balancer, 'https'>, path: string, options: { method?: string; headers?: Record<string, string>; agent?: Agent } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { agent = new Agent({ keepAlive: false }), method = 'GET', headers = {} } = options;
    const message = httpsRequest({ host: '127.0.0.1', port: https, path, method, headers, agent, rejectUnauthorized: false }, (response) => {
      const commonName = (response.socket as TLSSocket).getPeerCertificate().subject?.CN;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString(), commonName: Array.isArray(commonName) ? commonName[0] : commonName }));
    });
    message.on('error', reject);
    message.end(method === 'POST' ? 'text' : undefined);
  });
}

describe.skipIf(!hasProgram('haproxy') || !hasProgram('openssl'))('by the real HAProxy', () => {
  test('is accepted without a warning', async () => {
    expect((await balancer([])).check().status).toBe(0);
  });

  test('refuses a certificate whose key belongs to another', async () => {
    const lb = await balancer([]);
    writeFileSync(join(lb.folder, 'site.pem'), certificate('one').certificate + certificate('two').key);
    expect(lb.check()).toMatchObject({ status: 1, output: expect.stringMatching(/key|inconsistencies/i) as string });
  });

  test('sends http on to https', async () => {
    const lb = await balancer([]);
    const response = await new Promise<IncomingMessage>((resolve) => httpRequest({ host: '127.0.0.1', port: lb.http, path: '/a?b=c', headers: { host: 'www.example.test' } }, resolve).end());
    expect([response.statusCode, response.headers.location]).toEqual([301, 'https://www.example.test/a?b=c']);
  });

  test('tells web servers who asks, and believes nothing of what clients say about that', async () => {
    const web = await new Web((_, response) => response.end('hello')).start();
    const lb = await balancer([web]);
    const answer = await get(lb, '/', { headers: { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'http', 'x-request-id': 'mine' } });
    const [seen] = web.requests;
    expect(seen?.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https', 'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
    expect(answer.headers).toMatchObject({ 'x-request-id': seen?.headers['x-request-id'], 'strict-transport-security': 'max-age=300' });
  });

  test('a server that dies in the middle of a request: a GET is answered by another, a POST is not sent again', { timeout: 30_000 }, async () => {
    const dying = await new Web((message) => message.socket.destroy()).start();
    const living = await new Web((_, response) => response.end('hello')).start();
    const lb = await balancer([dying, living]);
    const answers = await Promise.all(Array.from({ length: 10 }, () => get(lb, '/')));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    const [got, missed] = [dying.requests.length, living.requests.length];
    const posts = await Promise.all(Array.from({ length: 10 }, () => get(lb, '/', { method: 'POST' })));
    const received = dying.methods().slice(got).length + living.methods().slice(missed).length;
    expect(received).toBe(10);
    expect(posts.filter(({ status }) => status >= 500)).toHaveLength(dying.methods().slice(got).length);
  });

  test('a frozen server: its GETs are answered by another within 4 s, its POSTs fail and are not repeated', { timeout: 30_000 }, async () => {
    let frozen = false;
    const freezing = await new Web((_, response) => response.end('hello')).start();
    const living = await new Web((_, response) => response.end('hello')).start();
    // A frozen process: the kernel accepts, nobody reads
    const gate = createNetServer((socket) => {
      socket.on('error', () => undefined);
      if (frozen) return void socket.pause();
      const upstream = relay(freezing.port);
      socket.pipe(upstream).pipe(socket);
    });
    const port = await listening(gate);
    onTestFinished(() => void gate.close());
    const lb = await balancer([{ port }, living]);
    await sleep(1_500);
    frozen = true;
    const begin = Date.now();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => get(lb, '/', { method: index < 6 ? 'GET' : 'POST' })));
    expect(Date.now() - begin).toBeLessThan(4_500);
    expect(answers.slice(0, 6).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(living.methods().filter((method) => method === 'POST')).toHaveLength(answers.slice(6).filter(({ status }) => status === 200).length);
  });

  test('no web server left: a clear page that asks to come back', { timeout: 30_000 }, async () => {
    const lb = await balancer([{ port: await freePort() }]);
    const answer = await get(lb, '/');
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '5', 'cache-control': 'no-store' } });
    expect(answer.text).toContain('Back in a moment');
  });

  test('one address that asks too often gets 429, and the health of the pair is not affected', async () => {
    const web = await new Web((_, response) => response.end('hello')).start();
    const lb = await balancer([web], { limits: { requestsPerAddress: 20 } });
    const statuses = [];
    for (let index = 0; index < 40; index += 1) statuses.push((await get(lb, '/')).status);
    expect(statuses).toContain(429);
    expect((await get(lb, PEER_HEALTH_PATH)).status).toBe(200);
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

function relay(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  return socket;
}
