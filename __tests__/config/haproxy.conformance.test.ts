import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { askPeer } from '../../agents/common/peer';
import { createCloudflareApi } from '../../lab/cloudflare-api';
import { edgeView } from '../../lab/cloudflare-api/edge-view';
import { createEdge } from '../../lab/cloudflare-edge/edge';
import { generateKey } from '../../lab/x509/keys';
import { encodeSubject } from '../../lab/x509/names';
import { encodePem } from '../../lab/x509/pem';
import { createRequest } from '../../lab/x509/request';
import { PEER_HEALTH_PATH } from '../../lib/config/haproxy';
import { certificate, loadBalancerPair, pairFiles, type Pair } from '../helpers/certificate';
import { balancer, get, OTHER_LOAD_BALANCER, type Balancer } from '../helpers/haproxy';
import { freePort, listening } from '../helpers/ports';
import { hasProgram } from '../helpers/programs';
import { Web } from '../helpers/web-server';

describe.skipIf(!hasProgram('haproxy') || !hasProgram('openssl'))('by the real HAProxy', () => {
  test('is accepted without a warning', async () => {
    expect((await balancer([])).check().status).toBe(0);
  });

  test('refuses a certificate whose key belongs to another', async () => {
    const lb = await balancer([]);
    writeFileSync(join(lb.folder, 'site.pem'), certificate('one').certificate + certificate('two').key);
    expect(lb.check()).toMatchObject({ status: 1, output: expect.stringMatching(/key|inconsistencies/i) as string });
  });

  // Who adds IPv6 has to show that the limits of connections count a /64 as one
  test.skipIf(!existsSync('/proc/net/if_inet6'))('listens by IPv4 alone: visitors with IPv6 come through Cloudflare', async () => {
    const lb = await balancer([]);
    const reached = (port: number) =>
      new Promise((resolve) => {
        const socket = connect({ host: '::1', port });
        socket.once('connect', () => (socket.destroy(), resolve('connected')));
        socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
      });
    expect([await reached(lb.http), await reached(lb.https)]).toEqual(['ECONNREFUSED', 'ECONNREFUSED']);
  });

  test('sends http on to https', async () => {
    const lb = await balancer([]);
    const response = await new Promise<IncomingMessage>((resolve) =>
      httpRequest({ host: '127.0.0.1', port: lb.http, path: '/a?b=c', headers: { host: 'www.example.test' } }, resolve).end(),
    );
    expect([response.statusCode, response.headers.location]).toEqual([301, 'https://www.example.test/a?b=c']);
  });

  test('tells web servers who asks, and believes nothing of what clients say about that', async () => {
    const web = await new Web((_, response) => response.end('hello')).start();
    const lb = await balancer([web]);
    const answer = await get(lb, '/', { headers: { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'http', 'x-request-id': 'mine' } });
    const [seen] = web.requests;
    expect(seen?.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    expect(answer.headers).toMatchObject({ 'x-request-id': seen?.headers['x-request-id'], 'strict-transport-security': 'max-age=300' });
  });

  test('what clients say in other headers about who and where they are does not get through', async () => {
    const web = await new Web((_, response) => response.end('hello')).start();
    const lb = await balancer([web]);
    const claims = {
      forwarded: 'for=1.2.3.4;host=evil',
      'true-client-ip': '1.2.3.4',
      'cf-connecting-ip': '1.2.3.4',
      'x-real-ip': '1.2.3.4',
      'x-forwarded-host': 'evil',
      'x-forwarded-port': '1',
      'x-original-url': '/admin',
    };
    await get(lb, '/', { headers: claims });
    expect(Object.keys(web.requests[0]?.headers ?? {}).filter((name) => name in claims)).toEqual([]);
  });

  test('a name that is none of the site is answered with 421 and gets to no web server, by http and https', async () => {
    const web = await new Web((_, response) => response.end('hello')).start();
    const lb = await balancer([web], { hostNames: ['www.example.test', '*.shop.example.test'] });
    const statusOf = async (host: string) => (await get(lb, '/', { headers: { host } })).status;
    for (const host of ['www.example.test', 'WWW.example.test:443', 'a.shop.example.test']) expect(await statusOf(host), host).toBe(200);
    for (const host of ['evil.test', 'www.example.test.evil.test', 'shop.example.test', '127.0.0.1'])
      expect(await statusOf(host), host).toBe(421);
    // Not even the form of a name: HAProxy 3.0 refuses it by itself
    expect([400, 421]).toContain(await statusOf('www.example.test@evil.test'));
    expect(web.requests).toHaveLength(3);
    const redirected = await new Promise<IncomingMessage>((resolve) =>
      httpRequest({ host: '127.0.0.1', port: lb.http, headers: { host: 'evil.test' } }, resolve).end(),
    );
    expect([redirected.statusCode, redirected.headers.location]).toEqual([421, undefined]);
  });

  test.each([
    [{ clientAddresses: 'shortened' }, ' 127.0.0.0 ', '/seen?secret=1'],
    [{ clientAddresses: 'none' }, ' - ', '/seen?secret=1'],
    [{ queries: false }, ' 127.0.0.1:', '/seen HTTP'],
    [{ clientAddresses: 'shortened', queries: false }, ' 127.0.0.0 ', '/seen HTTP'],
  ] as const)('logs what it may of visitors: %o', async (logs, client, url) => {
    const log = await logServer();
    const lb = await balancer([], { logs, logTo: `127.0.0.1:${log.port}` });
    expect(lb.check()).toMatchObject({ status: 0 });
    await get(lb, '/seen?secret=1');
    const line = await log.line('/seen');
    expect(line).toContain(client);
    expect(line).toContain(url);
    if ('clientAddresses' in logs) expect(line).not.toContain('127.0.0.1');
    if ('queries' in logs) expect(line).not.toContain('secret');
  });

  test('logs what it has answered itself, what failed and what was repeated; the rest is in the log of the web server', async () => {
    let asked = 0;
    const web = await new Web((message, response) => {
      if (message.url === '/repeated' && (asked += 1) === 1) return void message.socket.destroy();
      response.writeHead({ '/missing': 404, '/broken': 500 }[message.url ?? ''] ?? 200).end();
    }).start();
    const log = await logServer();
    const lb = await balancer([web], {
      logTo: `127.0.0.1:${log.port}`,
      hostNames: ['www.example.test'],
      limits: { requestsPerAddress: 6 },
    });
    // One connection: more of them than requests are allowed would be closed
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const ask = async (path: string, host = 'www.example.test') => (await get(lb, path, { agent, headers: { host } })).status;
    expect(await ask('/fine')).toBe(200);
    expect(await ask('/missing')).toBe(404);
    expect(await ask('/broken')).toBe(500);
    expect(await ask('/repeated')).toBe(200);
    expect(await ask('/elsewhere', 'evil.test')).toBe(421);
    while ((await ask('/many')) !== 429);
    for (const line of ['/broken HTTP', '/repeated HTTP', '/elsewhere HTTP', ' 429 ']) await log.line(line);
    expect(log.lines.filter((line) => / (\/fine|\/missing) /.test(line))).toEqual([]);
  });

  test('visitors share connections for GET, HEAD and OPTIONS; a POST, and a GET with a body, has one of its own', async () => {
    const ports: Record<string, Set<number | undefined>> = {};
    const web = await new Web(({ method, url, socket }, response) => {
      (ports[`${method} ${url}`] ??= new Set()).add(socket.remotePort);
      response.end('hello');
    }).start();
    const lb = await balancer([web]);
    for (let number = 0; number < 5; number += 1) {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE']) await get(lb, '/', { method });
      await getWithBody(lb, '/with-length', { 'content-length': '10' });
      await getWithBody(lb, '/chunked', { 'transfer-encoding': 'chunked' });
    }
    const counts = Object.fromEntries(Object.entries(ports).map(([request, seen]) => [request, seen.size]));
    expect(counts).toMatchObject({ 'POST /': 5, 'PUT /': 5, 'DELETE /': 5, 'GET /with-length': 5, 'GET /chunked': 5 });
    const shared = new Set(['GET /', 'HEAD /', 'OPTIONS /'].flatMap((request) => [...ports[request]!]));
    // Each thread of HAProxy may open one
    expect(shared.size).toBeLessThanOrEqual(5);
    for (const request of ['POST /', 'PUT /', 'DELETE /', 'GET /with-length', 'GET /chunked'])
      expect([...ports[request]!].filter((port) => shared.has(port))).toEqual([]);
  });

  test('requests of an address under way count together, whatever their method is', async () => {
    const web = await new Web((_, response) => void setTimeout(() => response.end('hello'), 700)).start();
    const lb = await balancer([web], { limits: { requestsAtOncePerAddress: 5 } });
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, number) => get(lb, '/', { method: number % 2 === 0 ? 'GET' : 'POST' })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
  });

  test('a quarter of the places makes a crowd, whatever the method is of those who hold them', { timeout: 30_000 }, async () => {
    const web = await new Web((_, response) => void setTimeout(() => response.end('hello'), 1_500)).start();
    // A crowd from 10 requests on; each address has 7 of them then
    const lb = await balancer([web], { limits: { requestsPerServer: 40, requestsAtOncePerAddress: 10, floodAddresses: 4 } });
    const ask = (localAddress: string, method: string) => get(lb, '/', { localAddress, method }).then(({ status }) => status);
    const first = Array.from({ length: 6 }, (_, number) => ask('127.0.0.3', number % 2 === 0 ? 'GET' : 'POST'));
    const second = Array.from({ length: 6 }, (_, number) => ask('127.0.0.4', number % 2 === 0 ? 'GET' : 'POST'));
    await expect.poll(() => web.requests.length).toBe(12);
    const third = await Promise.all(Array.from({ length: 10 }, (_, number) => ask('127.0.0.5', number % 2 === 0 ? 'GET' : 'POST')));
    expect(new Set(third)).toEqual(new Set([200, 429]));
    expect(third.filter((status) => status === 200).length).toBeLessThanOrEqual(7);
    expect(await Promise.all([...first, ...second])).toEqual(Array<number>(12).fill(200));
  });

  test(
    'a server that dies in the middle of a request: a GET is answered by another, a POST is not sent again',
    { timeout: 30_000 },
    async () => {
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
    },
  );

  test('no web server left: a clear page that asks to come back', { timeout: 30_000 }, async () => {
    const lb = await balancer([{ port: await freePort() }]);
    const answer = await get(lb, '/');
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '5', 'cache-control': 'no-store' } });
    expect(answer.text).toContain('Back in a moment');
  });

  test('one address that asks too often gets 429, and the health of the pair is not affected', async () => {
    const web = await new Web((_, response) => response.end('hello')).start();
    const lb = await balancer([web], { limits: { requestsPerAddress: 20 } });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const statuses = [];
    for (let index = 0; index < 40; index += 1) statuses.push((await get(lb, '/', { agent })).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(20);
    for (let index = 0; index < 40; index += 1)
      expect((await get(lb, PEER_HEALTH_PATH, { localAddress: OTHER_LOAD_BALANCER })).status).toBe(200);
  });

  test('one address that opens connections too often is closed, before TLS', async () => {
    const web = await new Web((_, response) => response.end('hello')).start();
    const lb = await balancer([web], { limits: { requestsPerAddress: 20 } });
    for (let index = 0; index < 20; index += 1) expect((await get(lb, '/', { localAddress: '127.0.0.3' })).status).toBe(200);
    await expect(get(lb, '/', { localAddress: '127.0.0.3' })).rejects.toThrow();
    expect((await get(lb, '/')).status).toBe(200);
  });

  test('the health of a load balancer is told to the other one alone; from anywhere else the question is one like any other', async () => {
    const log = await logServer();
    const web = await new Web((_, response) => response.writeHead(404).end()).start();
    const lb = await balancer([web], { limits: { requestsPerAddress: 20 }, logTo: `127.0.0.1:${log.port}` });
    expect(await get(lb, PEER_HEALTH_PATH, { localAddress: OTHER_LOAD_BALANCER })).toMatchObject({ status: 200, text: 'alive\n' });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const statuses = [];
    for (let index = 0; index < 30; index += 1) statuses.push((await get(lb, PEER_HEALTH_PATH, { agent })).status);
    expect(statuses).toEqual([...Array<number>(20).fill(404), ...Array<number>(10).fill(429)]);
    expect(await log.line(PEER_HEALTH_PATH)).toContain(' 127.0.0.1:');
  });

  test('one address has only so many connections on port 80, too', async () => {
    const lb = await balancer([], { limits: { connections: 2_000, connectionsPerAddress: 20 } });
    const from = (localAddress: string) => Promise.all(Array.from({ length: 30 }, () => idleOn80(lb, localAddress)));
    expect((await from('127.0.0.3')).filter(Boolean)).toHaveLength(20);
    expect((await from('127.0.0.4')).filter(Boolean)).toHaveLength(20);
  });

  describe('behind Cloudflare', () => {
    const proxies = ['127.0.0.2/32', '2400:cb00::/32'];
    const throughProxy = (visitor: string, more: Parameters<typeof get>[2] = {}) => ({
      localAddress: '127.0.0.2',
      headers: { 'cf-connecting-ip': visitor, 'x-forwarded-for': '1.1.1.1' },
      ...more,
    });

    test('is accepted without a warning', async () => {
      const { certificate: authority } = certificate('ca');
      expect((await balancer([], { cloudflare: { originPulls: 'required' }, proxies, authority })).check()).toMatchObject({ status: 0 });
    });

    test('the visitor is who a proxy says, and nobody else can say it', async () => {
      const web = await new Web((_, response) => response.end('hello')).start();
      const lb = await balancer([web], { cloudflare: {}, proxies });
      await get(lb, '/', throughProxy('203.0.113.7'));
      await get(lb, '/', throughProxy('2001:db8::7'));
      await get(lb, '/', { headers: { 'cf-connecting-ip': '203.0.113.7', 'x-forwarded-for': '203.0.113.7' } });
      expect(web.requests.map(({ headers }) => headers['x-forwarded-for'])).toEqual(['203.0.113.7', '2001:db8::7', '127.0.0.1']);
      expect(web.requests.map(({ headers }) => headers['cf-connecting-ip'])).toEqual(['203.0.113.7', '2001:db8::7', undefined]);
    });

    test('visitors that share a connection of a proxy are told apart, by HTTP/1.1 and by HTTP/2', async () => {
      const web = await new Web((_, response) => response.end('hello')).start();
      const lb = await balancer([web], { cloudflare: {}, proxies });
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (const visitor of ['203.0.113.1', '203.0.113.2', '203.0.113.3']) await get(lb, '/', throughProxy(visitor, { agent }));
      agent.destroy();
      const socket = connectTls({
        host: '127.0.0.1',
        port: lb.https,
        localAddress: '127.0.0.2',
        rejectUnauthorized: false,
        ALPNProtocols: ['h2'],
      } as ConnectionOptions);
      const session = connectHttp2(`https://127.0.0.1:${lb.https}`, { createConnection: () => socket });
      const visitors = ['203.0.113.4', '203.0.113.5', '203.0.113.6'];
      await Promise.all(
        visitors.map(async (visitor) => once(session.request({ ':path': '/', 'cf-connecting-ip': visitor }).resume(), 'end')),
      );
      session.close();
      expect(web.requests.map(({ headers }) => headers['x-forwarded-for']).sort()).toEqual([
        '203.0.113.1',
        '203.0.113.2',
        '203.0.113.3',
        ...visitors,
      ]);
    });

    test('the log names the visitor', async () => {
      const log = await logServer();
      const lb = await balancer([], { cloudflare: {}, proxies, logTo: `127.0.0.1:${log.port}` });
      await get(lb, '/seen', throughProxy('203.0.113.7'));
      expect(await log.line('/seen')).toContain(' 203.0.113.7:');
    });

    test('limits are for a visitor, who by IPv6 is a /64, and not for the proxy that many share', async () => {
      const web = await new Web((_, response) => response.end('hello')).start();
      const lb = await balancer([web], { cloudflare: {}, proxies, limits: { requestsPerAddress: 20 } });
      const statuses = [];
      for (let index = 0; index < 40; index += 1) statuses.push((await get(lb, '/', throughProxy('2001:db8::7'))).status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(20);
      expect((await get(lb, '/', throughProxy('2001:db8::ffff:8'))).status).toBe(429);
      expect((await get(lb, '/', throughProxy('2001:db8:0:1::7'))).status).toBe(200);
      expect((await get(lb, '/', throughProxy('203.0.113.7'))).status).toBe(200);
    });

    test('one visitor has only so many requests at the same time', async () => {
      const web = await new Web((_, response) => void setTimeout(() => response.end('hello'), 700)).start();
      const lb = await balancer([web], { cloudflare: {}, proxies, limits: { requestsAtOncePerAddress: 5 } });
      const [many, other] = await Promise.all([
        Promise.all(Array.from({ length: 12 }, () => get(lb, '/', throughProxy('203.0.113.7')))),
        get(lb, '/', throughProxy('203.0.113.8')),
      ]);
      expect(many.filter(({ status }) => status === 200)).toHaveLength(5);
      expect(many.filter(({ status }) => status === 429)).toHaveLength(7);
      expect(other.status).toBe(200);
    });

    test('demands the certificate of the proxies, but not from the other load balancer', async () => {
      const web = await new Web((_, response) => response.end('hello')).start();
      const [ours, theirs] = [certificate('ours'), certificate('theirs')];
      const lb = await balancer([web], { cloudflare: { originPulls: 'required' }, proxies, authority: ours.certificate });
      const ask = (client?: Pair) => get(lb, '/', throughProxy('203.0.113.7', { client }));
      expect((await ask(certificate('proxy', ours))).status).toBe(200);
      expect((await ask()).status).toBe(403);
      await expect(ask(certificate('proxy', theirs))).rejects.toThrow();
      expect((await get(lb, PEER_HEALTH_PATH, { localAddress: OTHER_LOAD_BALANCER })).status).toBe(200);
      expect((await get(lb, PEER_HEALTH_PATH)).status).toBe(403);
      expect(web.requests).toHaveLength(1);
    });

    test('asks for the certificate before it demands it', async () => {
      const web = await new Web((_, response) => response.end('hello')).start();
      const lb = await balancer([web], { cloudflare: { originPulls: 'optional' }, proxies, authority: certificate('ours').certificate });
      expect((await get(lb, '/', throughProxy('203.0.113.7'))).status).toBe(200);
    });
  });

  describe('with the emulated Cloudflare in front, from its API to its edge', () => {
    const name = 'www.example.test';

    /** A load balancer for a name of an account, and a visitor of that name. */
    async function site({ certified = true } = {}) {
      let behind = 2_000;
      const clock = { now: () => Date.now() - behind, sleep };
      const api = createCloudflareApi({ token: 'token', zones: ['example.test'], clock });
      const zone = `/zones/${[...api.account.zones.keys()][0] ?? ''}`;
      const call = async (method: string, path: string, body: object) => {
        const response = await api.app.request(`/client/v4${path}`, {
          method,
          headers: { authorization: 'Bearer token' },
          body: JSON.stringify(body),
        });
        return ((await response.json()) as { result: Record<string, string> }).result;
      };
      const key = generateKey('ECDSA', 0, 'P256');
      const csr = encodePem('CERTIFICATE REQUEST', createRequest(key, encodeSubject({}), { dns: [name], ip: [], uri: [] }));
      const origin = await call('POST', '/certificates', { csr, hostnames: [name], request_type: 'origin-ecc', requested_validity: 7 });
      const authority = certificate('ours');
      const proxy = certificate('proxy', authority);
      await call('POST', `${zone}/origin_tls_client_auth`, { certificate: proxy.certificate, private_key: proxy.key });
      await call('PUT', `${zone}/origin_tls_client_auth/settings`, { enabled: true });
      await call('PATCH', `${zone}/settings/ssl`, { value: 'strict' });
      await call('POST', `${zone}/dns_records`, { name, type: 'A', content: '127.0.0.1', ttl: 1, proxied: true });
      // Cloudflare takes its time to bring the client certificate to its proxies
      behind = 0;
      // Makes the Origin CA's keys: later, the web server in this process would be late for its health checks
      edgeView(api.account);

      const web = await new Web((_, response) => response.end('hello')).start();
      const sitePem = `${origin['certificate'] ?? ''}${key.key.export({ type: 'pkcs8', format: 'pem' }).toString()}`;
      const lb = await balancer([web], {
        cloudflare: { originPulls: 'required' },
        proxies: ['127.0.0.2/32'],
        authority: authority.certificate,
        files: certified ? { 'site.pem': sitePem } : {},
      });
      const edge = createEdge({ view: () => Promise.resolve(edgeView(api.account)), localAddress: '127.0.0.2', ports: lb });
      onTestFinished(() => edge.close());
      const port = await listening(edge.https);
      const visit = async (path = '/') => {
        const message = httpsRequest({
          host: '127.0.0.1',
          port,
          path,
          servername: name,
          ca: edge.root,
          agent: false,
          headers: { host: name },
        }).end();
        const [response] = (await once(message, 'response')) as [IncomingMessage];
        response.resume();
        return response.statusCode;
      };
      return { web, visit, setPulls: (enabled: boolean) => call('PUT', `${zone}/origin_tls_client_auth/settings`, { enabled }) };
    }

    test('a visitor gets to the web server, which learns who it is', async () => {
      const { web, visit } = await site();
      expect(await visit('/a?b=c')).toBe(200);
      expect(
        web.requests.map(({ url, headers }) => [url, headers['x-forwarded-for'], headers['x-forwarded-proto'], headers['host']]),
      ).toEqual([['/a?b=c', '127.0.0.1', 'https', name]]);
    });

    test('when Cloudflare does not show the certificate of the zone, visitors are refused', async () => {
      const { web, visit, setPulls } = await site();
      await setPulls(false);
      expect(await visit()).toBe(403);
      await setPulls(true);
      expect(await visit()).toBe(200);
      expect(web.requests).toHaveLength(1);
    });

    test('a certificate that is not of the Origin CA is refused by Cloudflare in mode strict', async () => {
      const { web, visit } = await site({ certified: false });
      expect(await visit()).toBe(526);
      expect(web.requests).toEqual([]);
    });
  });

  describe('with an ACME client', () => {
    const OBTAINED = '# from https://acme.test/directory\nthe certificate\n';
    const both = loadBalancerPair();

    async function withClient(responderPorts: readonly number[], obtained = OBTAINED): Promise<Balancer> {
      const acme = {
        responders: responderPorts.map((port, index) => ({ name: `lb-${index + 1}`, address: '127.0.0.1', port })),
        sharePath: '/obtained.pem',
      };
      return balancer([], { acme, files: { 'obtained.pem': obtained, ...pairFiles(both) } });
    }

    const askOn80 = (lb: Balancer, path: string) =>
      new Promise<string>((resolve, reject) => {
        const asked = httpRequest({ host: '127.0.0.1', port: lb.http, path, headers: { host: 'www.example.test' } }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('end', () => resolve(`${response.statusCode} ${text}`));
        });
        asked.on('error', reject).end();
      });

    test('is accepted without a warning, before the first certificate too', async () => {
      expect((await withClient([1, 2])).check()).toMatchObject({ status: 0 });
      expect((await withClient([1, 2], 'none yet\n')).check()).toMatchObject({ status: 0 });
    });

    test('whichever of the two runs the client answers every question', { timeout: 30_000 }, async () => {
      const client = await new Web((message, response) => response.end(`${message.headers.host} ${message.url}`)).start();
      for (const ports of [
        [client.port, await freePort()],
        [await freePort(), client.port],
      ]) {
        const lb = await withClient(ports);
        const answers = await Promise.all(Array.from({ length: 20 }, () => askOn80(lb, '/.well-known/acme-challenge/token')));
        expect([...new Set(answers)]).toEqual(['200 www.example.test /.well-known/acme-challenge/token']);
        expect((await get(lb, '/.well-known/acme-challenge/token')).text).toMatch(/token$/);
      }
    });

    test('everything else on port 80 is still sent to https', async () => {
      expect(await askOn80(await withClient([1]), '/.well-known/other')).toMatch(/^301 /);
    });

    test('the other load balancer gets what was obtained', async () => {
      const { pair } = await withClient([1]);
      const access = { url: `https://127.0.0.1:${pair}/obtained.pem`, identity: both.members[1], authority: both.authority };
      expect(await askPeer(access)).toBe(OBTAINED);
      await expect(askPeer({ ...access, url: `https://127.0.0.1:${pair}/site.pem` })).rejects.toThrow('404');
    });

    test('nobody else gets it, and who asks is not deceived', async () => {
      const other = loadBalancerPair();
      const { pair } = await withClient([1]);
      const access = { url: `https://127.0.0.1:${pair}/obtained.pem`, identity: both.members[1], authority: both.authority };
      await expect(askPeer({ ...access, identity: other.members[1] })).rejects.toThrow(/alert/);
      await expect(askPeer({ ...access, authority: other.authority })).rejects.toThrow(/certificate/);
      const { stdout } = spawnSync('curl', ['-sk', '-o', '/dev/null', '-w', '%{http_code}', access.url], { encoding: 'utf8' });
      expect(stdout).toBe('000');
    });
  });
});

/** Receives HAProxy's log. */
async function logServer(): Promise<{ port: number; lines: readonly string[]; line(part: string): Promise<string> }> {
  const socket = createSocket('udp4');
  const lines: string[] = [];
  socket.on('message', (message) => lines.push(message.toString()));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => void socket.close());
  return {
    port: socket.address().port,
    lines,
    async line(part) {
      for (;;) {
        const found = lines.find((line) => line.includes(part));
        if (found) return found;
        await once(socket, 'message');
      }
    },
  };
}

/** Connects and holds on; whether it is let in for half a second. */
function idleOn80({ http }: Balancer, localAddress: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: http, localAddress }, () => setTimeout(() => resolve(true), 500));
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
    onTestFinished(() => void socket.destroy());
  });
}

function getWithBody({ https }: Pick<Balancer, 'https'>, path: string, headers: Record<string, string>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    httpsRequest({ host: '127.0.0.1', port: https, path, headers, rejectUnauthorized: false, agent: false }, (response) =>
      response.resume().on('end', resolve),
    )
      .on('error', reject)
      .end('a question');
  });
}
