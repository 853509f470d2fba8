import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask } from '../../agents/common/http-client';
import { listen, serverOf, text } from '../../agents/common/http-server';
import { readObtained } from '../../agents/certificate/obtained';
import { askPeer } from '../../agents/common/peer';
import type { Config } from '../../agents/floating-ip/config';
import { HetznerApi } from '../../agents/floating-ip/hetzner-api';
import { ownHaproxyAnswers, peerAnswers, peerReport } from '../../agents/floating-ip/probes';
import { statusServer } from '../../agents/floating-ip/server';
import type { Agent } from '../../agents/mysql-member/agent';
import { isGtidSet, formatGtidSet, parseGtidSet, subtract, union } from '../../agents/mysql-member/gtid';
import { readMemory } from '../../agents/mysql-member/memory-file';
import { fetchReport } from '../../agents/mysql-member/peers';
import { NO_MEMORY } from '../../agents/mysql-member/report';
import { isMemory } from '../../agents/mysql-member/report-shape';
import { controlServer, healthServer } from '../../agents/mysql-member/server';
import { sendBytes } from '../helpers/bytes';
import { DAY, pems } from './certificate/certificates';
import { SimulatedWorld } from './floating-ip/simulated-world';

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void (server.close(), server.closeAllConnections()));
  return (server.address() as AddressInfo).port;
}
const host = (answer: RequestListener) => listening(createServer(answer));

/** Nothing that ends, as fast as it is read; how much was taken of it. */
function endless(): { readonly answer: RequestListener; readonly sent: () => number } {
  let sent = 0;
  const answer: RequestListener = (_, response) => {
    response.writeHead(200);
    const block = Buffer.alloc(64 * 1024, 'x');
    const more = () => {
      while (!response.destroyed && response.write(block)) sent += block.length;
    };
    response.on('drain', more);
    more();
  };
  return { answer, sent: () => sent };
}

describe('an answer that does not end', () => {
  test.each([
    [
      'a member',
      async (port: number) => ask({ url: `http://127.0.0.1:${port}/status`, limitMs: 10_000 }).catch(String),
      'Error: more than 1048576 bytes',
    ],
    ['the other load balancer', async (port: number) => peerReport(`http://127.0.0.1:${port}/peer`), null],
    ['HAProxy', async (port: number) => ownHaproxyAnswers(`http://127.0.0.1:${port}/healthz`), false],
    ['the HAProxy of the other load balancer', async (port: number) => peerAnswers(`http://127.0.0.1:${port}/healthz`), false],
    [
      "Hetzner's API",
      async (port: number) => (await api(`http://127.0.0.1:${port}`).perform({ kind: 'read-floating-ip' })).outcome.ok,
      false,
    ],
  ])('of %s is given up after a megabyte', async (_, ask, expected) => {
    const { answer, sent } = endless();
    const port = await host(answer);
    expect(await ask(port)).toBe(expected);
    // What lies in the buffers of both ends comes on top
    expect(sent()).toBeLessThan(24 * 1024 * 1024);
  });

  test('of the other load balancer to the question for its certificate is given up after 64 kB', async () => {
    const { answer, sent } = endless();
    const { chain, key } = pems({ addresses: ['127.0.0.1'], from: Date.now() - DAY });
    const port = await listening(createTlsServer({ cert: chain, key, ca: chain, requestCert: true }, answer));
    const asked = askPeer({ url: `https://127.0.0.1:${port}/obtained.pem`, identity: `${chain}${key}`, authority: chain });
    await expect(asked).rejects.toThrow('more than 65536 bytes');
    expect(sent()).toBeLessThan(24 * 1024 * 1024);
  });
});

function api(endpoint: string): HetznerApi {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'token'), 'token');
  return new HetznerApi({
    endpoint,
    tokenFile: join(folder, 'token'),
    addressesFile: join(folder, 'addresses'),
    floatingIpId: 1,
    serverId: 1,
    peerServerId: 2,
    networkId: 1,
  });
}

const GTIDS = '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5';
const REPORT = {
  name: 'db-2',
  configured: ['db-1', 'db-2', 'db-3'],
  memory: { ...NO_MEMORY, lastMajority: { incarnation: 1, counter: 2, members: ['db-1'] }, entering: { epoch: '1', incarnation: 1 } },
  sample: {
    serverUuid: 'u',
    version: '8.4.7',
    groupName: 'g',
    state: 'ONLINE',
    role: 'PRIMARY',
    superReadOnly: false,
    readOnly: false,
    view: { epoch: '1', counter: 1 },
    members: [{ name: 'db-2', state: 'ONLINE', role: 'PRIMARY' }],
    executed: GTIDS,
    received: '',
    purged: '',
    changing: false,
    applierQueue: 0,
  },
  busy: null,
  disk: { freeBytes: 1, sizeBytes: 2 },
};
const PEER_REPORT = {
  vrrp: 'MASTER',
  serving: true,
  holder: { value: 1, ageMs: 5 },
  aliases: { self: { value: ['10.0.1.5'], ageMs: 1 }, peer: null },
  reachesUs: true,
  reachesApi: true,
  sinceLastMoveMs: null,
  moving: false,
};

/** All places of a value, as paths. */
function places(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, key]))];
}
function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((each: unknown, index) => (String(index) === key ? replaced(each, rest, by) : each));
  return { ...(value as object), [key]: replaced((value as Record<string, unknown>)[key], rest, by) };
}

describe('a report of which one part has another form', () => {
  const WRONG = { some: 'other form' };

  // memory as a whole is filled up by defaults, since another version may know less
  test.each(
    places(REPORT)
      .filter((path) => path.join() !== 'memory')
      .map((path) => [path.join('.') || 'all of it', path] as const),
  )('of a member is no answer: %s', async (_, path) => {
    const port = await host((__, response) => response.end(JSON.stringify({ report: replaced(REPORT, path, WRONG) })));
    await expect(fetchReport({ name: 'db-2', address: '127.0.0.1', port })).rejects.toThrow();
  });

  test.each(places(PEER_REPORT).map((path) => [path.join('.') || 'all of it', path] as const))(
    'of the other load balancer is no answer: %s',
    async (_, path) => {
      const port = await host((__, response) => response.end(JSON.stringify(replaced(PEER_REPORT, path, WRONG))));
      expect(await peerReport(`http://127.0.0.1:${port}/peer`)).toBeNull();
    },
  );

  test('and one of the right form is', async () => {
    const port = await host(({ url }, response) => response.end(JSON.stringify(url === '/peer' ? PEER_REPORT : { report: REPORT })));
    expect(await fetchReport({ name: 'db-2', address: '127.0.0.1', port })).toEqual(REPORT);
    expect(await peerReport(`http://127.0.0.1:${port}/peer`)).toEqual(PEER_REPORT);
  });
});

/** What a stranger may send: nonsense, and nonsense in the form of HTTP. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  fc
    .tuple(
      fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', '\0', 'PRI'),
      fc.string({ maxLength: 40 }),
      fc.array(fc.tuple(fc.string({ maxLength: 20 }), fc.string({ maxLength: 40 })), { maxLength: 5 }),
      fc.string({ maxLength: 100 }),
    )
    .map(([method, path, headers, body]) =>
      Buffer.from(
        `${method} /${path} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
        'latin1',
      ),
    ),
  fc
    .tuple(
      fc.constantFrom('/status', '/primary', '/switchover', '/force-bootstrap', '/metrics'),
      fc.integer({ min: -5, max: 50 }),
      fc.oneof(fc.json({ maxDepth: 2 }), fc.string()),
    )
    .map(([path, length, body]) => Buffer.from(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n${body}`)),
);

describe('a host that opens as many connections as it can', () => {
  test.each([
    ['mysql-member', () => healthServer({ status: () => ({ report: REPORT }) } as unknown as Agent).listen(0, '127.0.0.1')],
    ['floating-ip', () => listen(serverOf({ 'GET /status': () => text('ok\n') }), { host: '127.0.0.1', port: 0 }, () => undefined)],
  ] as const)('has a few of them, and others are answered by %s', async (_, start) => {
    const server = start();
    if (!server.listening) await new Promise<void>((resolve) => server.once('listening', () => resolve()));
    const port = await listening(server);
    const sockets = Array.from({ length: 500 }, () =>
      connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' }).on('error', () => undefined),
    );
    onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
    await expect.poll(() => sockets.filter(({ closed }) => closed).length, { timeout: 10_000 }).toBe(500 - 64);
    expect((await fetch(`http://127.0.0.1:${port}/status`)).status).toBe(200);
    // After closing some, the host may open others
    sockets.forEach((socket) => socket.destroy());
    const again = () =>
      new Promise<number | undefined>((resolve) => {
        get({ port, host: '127.0.0.1', localAddress: '127.0.0.2', path: '/status' }, ({ statusCode }) => resolve(statusCode)).on(
          'error',
          () => resolve(undefined),
        );
      });
    await expect.poll(again).toBe(200);
  });
});

describe('random bytes', () => {
  test.each(['mysql-member health', 'mysql-member control', 'floating-ip'] as const)(
    'do not end the server of %s, nor make it do anything',
    async (which) => {
      const done: string[] = [];
      const world = new SimulatedWorld();
      const agent = {
        status: () => ({ report: REPORT }),
        primary: () => ({ ok: true, why: 'yes' }),
        reader: () => ({ ok: false, why: 'no' }),
        isPrimary: true,
        handOver: async (to?: string) => void done.push(`hand over ${to}`),
        forceBootstrap: async () => void done.push('force bootstrap'),
      } as unknown as Agent;
      const servers = {
        'mysql-member health': () => healthServer(agent),
        'mysql-member control': () => controlServer(agent),
        'floating-ip': () =>
          statusServer(
            world.hosts[0].agent!,
            { httpsPort: 443 } as Config,
            async () => null,
            () => world.time,
          ),
      };
      const port = await listening(servers[which]());
      await fc.assert(
        fc.asyncProperty(
          fc.array(bytes, { minLength: 1, maxLength: 5 }),
          async (all) => void (await Promise.all(all.map((each) => sendBytes(port, each)))),
        ),
        { numRuns: 40 },
      );
      const status = await fetch(`http://127.0.0.1:${port}/status`);
      expect(status.status).toBe(200);
      if (which !== 'mysql-member control') expect(done).toEqual([]);
      expect(world.requests).toEqual([]);
    },
  );

  test('are a GTID set only if they come out as they went in', () => {
    const items = fc.oneof(
      fc.nat().map(String),
      fc.tuple(fc.integer(), fc.integer()).map((pair) => pair.join('-')),
      fc.stringMatching(/^[a-z0-9]{0,5}$/),
      fc.string({ maxLength: 5 }),
      fc.constantFrom('1-99999999999999999999', '5-3', '0', '-1', '1-', '__proto__'),
    );
    const sets = fc.oneof(
      fc.string(),
      fc
        .array(
          fc
            .tuple(fc.constantFrom('aaaa', 'bbbb', '__proto__', ''), fc.array(items, { maxLength: 4 }))
            .map(([source, rest]) => [source, ...rest].join(':')),
          { maxLength: 4 },
        )
        .map((parts) => parts.join(',')),
    );
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        const [one, other] = [parseGtidSet(a), parseGtidSet(b)];
        subtract(union(one, other), one);
        if (!isGtidSet(a)) return;
        expect(isGtidSet(formatGtidSet(one))).toBe(true);
        expect(formatGtidSet(parseGtidSet(formatGtidSet(one)))).toBe(formatGtidSet(one));
      }),
      { numRuns: 2000 },
    );
  });

  test('are no certificate, with its first line or without', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 500 }),
        fc.boolean(),
        (given, first) => readObtained(`${first ? '# from x\n-----BEGIN CERTIFICATE-----\n' : ''}${given}`) === null,
      ),
      { numRuns: 300 },
    );
  });

  /** Of the right fields, with anything in them. */
  const memories = fc
    .record(Object.fromEntries(Object.keys(NO_MEMORY).map((key) => [key, fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constant(null))])), {
      requiredKeys: [],
    })
    .map((memory) => JSON.stringify(memory));
  const readOrError = (path: string) => {
    try {
      return readMemory(path);
    } catch (error) {
      return error;
    }
  };

  test('in the memory file stop the agent with an error, or are a memory', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'memory-')), 'memory.json');
    onTestFinished(() => rmSync(path, { force: true }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json({ maxDepth: 2 }), memories), (given) => {
        writeFileSync(path, given);
        const memory = readOrError(path);
        expect(memory instanceof Error || isMemory(memory)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
