import { createServer } from 'node:http';
import { Agent } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Attack, heldBy, serviceOf, type Order, type Service } from '../../lab/attacks';
import { createEdge } from '../../lab/cloudflare-edge/edge';
import { resolveLimits, type HaproxyLimits } from '../../lib/net/capacity';
import { checkLoadBalancers } from '../../lib/settings/load-balancers';
import { balancer, command, get, type Balancer, type BalancerOptions } from '../helpers/haproxy';
import { listening } from '../helpers/ports';
import { nginx } from '../helpers/nginx';
import { hasProgram } from '../helpers/programs';

/** A tenth of the defaults, in all and for the flood: what loopback and two processors can carry. */
const LIMITS: HaproxyLimits = { connections: 4_000, requestsPerServer: 400, streamsPerServer: 400, floodAddresses: 20 };
/** As if nobody had counted requests: the attacks have to succeed then, or they prove nothing. */
const NO_LIMITS: HaproxyLimits = { ...LIMITS, requestsAtOncePerAddress: 0, streamsPerAddress: 0 };
const ATTACKER = '127.0.0.3';
/** What attacker, platform and other tests on the same processors add, in milliseconds. Who is shut out waits for 10 s, and then gets 503. */
const NOISE = 250;

/** HAProxy, Nginx and an application, each the real program with the rendered file. */
async function platform(limits: HaproxyLimits, options: BalancerOptions = {}): Promise<Balancer> {
  const app = createServer((message, response) => {
    if (message.method === 'POST') return void message.on('end', () => response.end('stored')).resume();
    const { pathname, searchParams } = new URL(message.url ?? '/', 'http://app');
    if (pathname === '/api/events')
      return void response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' }).write('data: 1\n\n');
    pipeline(Readable.from(chunks(Number(searchParams.get('bytes') ?? 5)), { objectMode: false }), response).catch(() => undefined);
  });
  app.on('upgrade', (_, socket) => {
    socket.on('error', () => undefined);
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    );
  });
  const port = await listening(app);
  onTestFinished(() => void (app.close(), app.closeAllConnections()));
  return balancer([await nginx([{ port }], { readTimeoutSeconds: 40 })], { limits, ...options });
}

const CHUNK = Buffer.alloc(64 * 1024, 'x');

function* chunks(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= CHUNK.length) yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}

function attack({ https, http }: Pick<Balancer, 'https' | 'http'>, way: Order['way'], more: Partial<Order> = {}): Attack {
  const target = { address: '127.0.0.1', host: 'www.example.test', port: way === 'redirects' ? http : https };
  const begun = new Attack({ way, target, from: [ATTACKER], connectionsPerAddress: 40, requestsPerConnection: 97, ...more });
  onTestFinished(() => begun.stop());
  return begun;
}

const visit = ({ https }: Pick<Balancer, 'https'>, milliseconds: number, headers: Readonly<Record<string, string>> = {}) =>
  serviceOf({ address: '127.0.0.1', host: 'www.example.test', port: https }, '/api/whoami', milliseconds, headers);

function expectServed(service: Service, usual: Service): void {
  expect(service.failures).toEqual({});
  expect(service.median).toBeLessThan(2 * usual.median + NOISE);
}

/** The stage `attacks` makes the same attacks on a lab: here, without one, a single kind is enough. `make test-all` makes them all. */
const EVERY_ATTACK = process.env['TEST_SIZE'] === 'all';

/** Twenty attackers as one process. */
const CROWD = Array.from({ length: 20 }, (_, number) => `127.0.1.${number + 1}`);

describe.skipIf(!hasProgram('haproxy') || !hasProgram('nginx') || !hasProgram('openssl'))(
  'while somebody holds all that can be got',
  { timeout: 120_000 },
  () => {
    test('the limits of these tests pass the check of settings', () => {
      expect(checkLoadBalancers({ limits: LIMITS }, { locations: ['fsn1'], webServers: 1 })).toEqual([]);
    });

    const attacks: [string, Order['way'], Partial<Order>][] = [
      ['one address has requests under way whose bodies trickle', 'trickling-bodies', {}],
      ['one address has answers without end', 'undeclared-streams', {}],
      ['one address has idle web sockets', 'web-sockets', { connectionsPerAddress: 450 }],
      ['one address sends request heads slowly on port 80', 'redirects', { connectionsPerAddress: 600 }],
      ['twenty addresses read large answers slowly', 'slow-readers', { from: CROWD, connectionsPerAddress: 2, answerBytes: 1_000_000 }],
    ];
    test.each(attacks.slice(0, EVERY_ATTACK ? attacks.length : 1))(
      '%s, and others are served within twice their usual time',
      async (_, way, more) => {
        const lb = await platform(LIMITS);
        const usual = await visit(lb, 2_000);
        const attacker = attack(lb, way, more);
        await attacker.established(60_000);
        const service = await visit(lb, 5_000);
        if (process.env['DEBUG']) console.log(way, usual, service, attacker.most, attacker.latest);
        expect(attacker.most).toBeGreaterThanOrEqual(95);
        expectServed(service, usual);
      },
    );

    test('without limits of requests under way the same attack shuts others out', async () => {
      const lb = await platform(NO_LIMITS);
      // By GETs, as the visitors: POSTs have places of their own
      const attacker = attack(lb, 'undeclared-streams');
      await attacker.established(60_000);
      const { asked, failures } = await visit(lb, 2_000);
      expect(failures).toEqual({ 503: asked });
    });

    describe('behind Cloudflare', () => {
      const { requestsAtOncePerAddress, streamsPerAddress } = resolveLimits(LIMITS, 1);
      /** Everybody on loopback is one of Cloudflare's proxies, and names a visitor. */
      const anyProxy: BalancerOptions = { cloudflare: {}, proxies: ['127.0.0.0/8'] };
      const as = (visitor: string) => ({ 'cf-connecting-ip': visitor });
      /** All of 2001:db8:0:1::/64; they differ in each of the other four groups. */
      const ONE_64 = Array.from({ length: 400 }, (_, number) =>
        ['2001:db8:0:1', number, number * 7, number * 11, number * 13].map((group) => group.toString(16)).join(':'),
      );
      const OF_ANOTHER_64 = '2001:db8:0:2::1';

      test.each<[string, Order['way'], string, number]>([
        ['requests under way', 'undeclared-streams', 'web', requestsAtOncePerAddress],
        ['event streams', 'event-streams', 'web-streams', streamsPerAddress],
      ])('400 addresses of one IPv6 /64 have as many %s as one address may, and another /64 is served', async (_, way, backend, limit) => {
        const lb = await platform(LIMITS, anyProxy);
        const usual = await visit(lb, 2_000, as(OF_ANOTHER_64));
        const attacker = attack(lb, way, { visitors: ONE_64, connectionsPerAddress: 5 });
        await attacker.established(8_000);
        expect(await mostPlaces(lb, backend, 2_000)).toBe(limit);
        expect(await heldBy('2001:db8:0:1::', (line) => command(lb, line))).toEqual({
          requests: way === 'undeclared-streams' ? limit : 0,
          streams: way === 'event-streams' ? limit : 0,
        });
        expect(attacker.latest.ended['429']).toBeGreaterThan(300);
        expectServed(await visit(lb, 5_000, as(OF_ANOTHER_64)), usual);
      });

      test('400 addresses of one IPv6 /64 may ask as often as one address, and another /64 is served', async () => {
        const lb = await platform({ ...LIMITS, requestsPerAddress: 200 }, anyProxy);
        const agent = new Agent({ keepAlive: true, maxSockets: 10 });
        const statuses = await Promise.all(ONE_64.map((visitor) => get(lb, '/api/whoami', { agent, headers: as(visitor) })));
        agent.destroy();
        expect(statuses.filter(({ status }) => status === 200)).toHaveLength(200);
        expect(statuses.filter(({ status }) => status === 429)).toHaveLength(200);
        expect((await get(lb, '/api/whoami', { headers: as(OF_ANOTHER_64) })).status).toBe(200);
      });

      test('one visitor holds all that it may, and others by the same proxies are served within twice their usual time', async () => {
        const [requests, streams] = [40, 30];
        const limits = { ...LIMITS, requestsAtOncePerAddress: requests, streamsPerAddress: streams };
        const lb = await platform(limits, { cloudflare: {}, proxies: ['127.0.0.2/32'] });
        const proxies = await edgeOf(lb);
        const usual = await visit(proxies, 2_000);
        const attackers = [
          attack(proxies, 'trickling-uploads', { connectionsPerAddress: requests + 10, requestsPerConnection: 1 }),
          attack(proxies, 'web-sockets', { connectionsPerAddress: streams + 10, requestsPerConnection: 1 }),
        ];
        const held = () => heldBy(ATTACKER, (line) => command(lb, line));
        await expect.poll(held, { timeout: 20_000 }).toEqual({ requests, streams });
        const service = await visit(proxies, 5_000);
        if (process.env['DEBUG']) console.log(usual, service, ...attackers.map(({ latest }) => latest));
        await expect.poll(held, { timeout: 5_000 }).toEqual({ requests, streams });
        expectServed(service, usual);
      });

      /** Cloudflare's proxies in front of this load balancer. They name who connects to them. */
      async function edgeOf(lb: Balancer) {
        const name = { name: 'www.example.test', addresses: ['127.0.0.1'], clientCertificate: null };
        const zone = {
          name: 'example.test',
          ssl: 'full',
          alwaysUseHttps: false,
          websockets: true,
          minTlsVersion: '1.2',
          names: [name],
        } as const;
        const edge = createEdge({
          view: () => Promise.resolve({ zones: [zone], originAuthorities: [] }),
          localAddress: '127.0.0.2',
          ports: lb,
        });
        onTestFinished(() => edge.close());
        return { lb, https: await listening(edge.https), http: await listening(edge.http) };
      }
    });
  },
);

/** How many requests a backend has now. */
async function places(lb: Balancer, backend: string): Promise<number> {
  const [names, values] = (await command(lb, `show stat ${backend} 2 -1`)).split('\n').map((line) => line.split(','));
  return Number(values?.[names?.indexOf('scur') ?? -1]);
}

/** The most that it had at any time. */
async function mostPlaces(lb: Balancer, backend: string, milliseconds: number): Promise<number> {
  let most = 0;
  for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(50)) most = Math.max(most, await places(lb, backend));
  return most;
}
