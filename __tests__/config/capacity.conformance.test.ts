import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Attack, serviceOf, type Order } from '../../lab/attacks';
import type { HaproxyLimits } from '../../lib/net/capacity';
import { checkLoadBalancers } from '../../lib/settings/load-balancers';
import { balancer, type Balancer } from '../helpers/haproxy';
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
async function platform(limits: HaproxyLimits): Promise<Balancer> {
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
  return balancer([await nginx([{ port }], { maxBodyMegabytes: 100, readTimeoutSeconds: 40 })], { limits });
}

const CHUNK = Buffer.alloc(64 * 1024, 'x');

function* chunks(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= CHUNK.length) yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}

function attack({ https, http }: Balancer, way: Order['way'], more: Partial<Order> = {}): Attack {
  const target = { address: '127.0.0.1', host: 'www.example.test', port: way === 'redirects' ? http : https };
  const begun = new Attack({ way, target, from: [ATTACKER], connectionsPerAddress: 40, requestsPerConnection: 97, ...more });
  onTestFinished(() => begun.stop());
  return begun;
}

const visit = ({ https }: Balancer, milliseconds: number) =>
  serviceOf({ address: '127.0.0.1', host: 'www.example.test', port: https }, '/api/whoami', milliseconds);

/** Twenty attackers as one process. */
const CROWD = Array.from({ length: 20 }, (_, number) => `127.0.1.${number + 1}`);

describe.skipIf(!hasProgram('haproxy') || !hasProgram('nginx') || !hasProgram('openssl'))(
  'while somebody holds all that can be got',
  { timeout: 120_000 },
  () => {
    test('the limits of these tests pass the check of settings', () => {
      expect(checkLoadBalancers({ limits: LIMITS }, { locations: ['fsn1'], webServers: 1 })).toEqual([]);
    });

    test.each<[string, Order['way'], Partial<Order>]>([
      ['one address has requests under way whose bodies trickle', 'trickling-bodies', {}],
      ['one address has idle web sockets', 'web-sockets', { connectionsPerAddress: 450 }],
      ['one address sends request heads slowly on port 80', 'redirects', { connectionsPerAddress: 600 }],
      ['twenty addresses read large answers slowly', 'slow-readers', { from: CROWD, connectionsPerAddress: 2, answerBytes: 1_000_000 }],
    ])('%s, and others are served within twice their usual time', async (_, way, more) => {
      const lb = await platform(LIMITS);
      const usual = await visit(lb, 2_000);
      const attacker = attack(lb, way, more);
      await attacker.established(8_000);
      const service = await visit(lb, 5_000);
      if (process.env['DEBUG']) console.log(way, usual, service, attacker.most, attacker.latest);
      expect(attacker.most).toBeGreaterThanOrEqual(95);
      expect(service.failures).toEqual({});
      expect(service.median).toBeLessThan(2 * usual.median + NOISE);
    });

    test('without limits of requests under way the same attack shuts others out', async () => {
      const lb = await platform(NO_LIMITS);
      const attacker = attack(lb, 'trickling-bodies');
      await attacker.established(8_000);
      const { asked, failures } = await visit(lb, 2_000);
      expect(failures).toEqual({ 503: asked });
    });
  },
);
