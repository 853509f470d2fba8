import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { EdgeView, EdgeZone, ProxiedName } from '../../../lab/cloudflare-api/edge-view';
import { createEdge } from '../../../lab/cloudflare-edge/edge';
import { createAuthority, issuePair } from '../../../lab/x509/authority';
import { generateKey } from '../../../lab/x509/keys';

const authority = (name: string) => createAuthority(generateKey('ECDSA', 0, 'P256'), { commonName: [name] }, Date.now());
const originCa = authority('Origin CA');
const pullCa = authority('origin pulls');
const LONG_AGO = Date.now() - 800 * 86_400_000;

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.close();
    if (server instanceof http.Server || server instanceof https.Server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** An origin that tells what it was asked, and by whom. */
const echo: http.RequestListener = (request, response) => {
  const certificate = (request.socket as TLSSocket).getPeerCertificate() as PeerCertificate | null;
  response.setHeader('server', 'origin');
  response.end(JSON.stringify({ url: request.url, headers: request.headers, client: certificate?.subject?.CN ?? null }));
};

function httpsOrigin(
  listener: http.RequestListener = echo,
  { ca = originCa, name = 'www.example.test', now = Date.now(), demands = false } = {},
): https.Server {
  const { certificate, privateKey } = issuePair(ca, 'server', name, [name], now);
  return https.createServer(
    { cert: certificate, key: privateKey, requestCert: true, rejectUnauthorized: demands, ca: pullCa.certificate },
    listener,
  );
}

/** A port of a host that is off: a connection to it gets no answer. */
async function silentPort(): Promise<number> {
  // It listens and never accepts, and its queue is full: Linux drops what asks for a connection then
  const listening = `const { parentPort } = require('node:worker_threads');
    const server = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(listening, { eval: true });
  onTestFinished(async () => void (await worker.terminate()));
  const [port] = (await once(worker, 'message')) as [number];
  const queued = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  onTestFinished(() => queued.forEach((socket) => socket.destroy()));
  await Promise.all(
    queued.map((socket) =>
      once(
        socket.on('error', () => undefined),
        'connect',
      ),
    ),
  );
  return port;
}

interface Setup {
  readonly ports?: { readonly http?: number; readonly https?: number };
  readonly zone?: Partial<EdgeZone>;
  readonly name?: Partial<ProxiedName>;
  readonly connectMilliseconds?: number;
  readonly answerMilliseconds?: number;
}

interface Ask extends http.RequestOptions {
  readonly scheme?: 'http' | 'https';
  readonly host?: string;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** An edge of one zone with one name, and a browser that trusts it. */
async function edgeOf({ ports = {}, zone = {}, name = {}, ...options }: Setup = {}) {
  const view: EdgeView = {
    zones: [
      {
        name: 'example.test',
        ssl: 'strict',
        alwaysUseHttps: false,
        websockets: true,
        minTlsVersion: '1.2',
        names: [{ name: 'www.example.test', addresses: ['127.0.0.1'], clientCertificate: null, ...name }],
        ...zone,
      },
    ],
    originAuthorities: [originCa.certificate],
  };
  const edge = createEdge({ view: () => Promise.resolve(view), ports: { http: ports.http ?? 1, https: ports.https ?? 1 }, ...options });
  onTestFinished(() => edge.close());
  await Promise.all([once(edge.http.listen(0, '127.0.0.1'), 'listening'), once(edge.https.listen(0, '127.0.0.1'), 'listening')]);
  const portOf = (scheme: 'http' | 'https') => (edge[scheme].address() as AddressInfo).port;
  const open = ({ scheme = 'https', host = 'www.example.test', headers = {}, ...more }: Ask = {}) =>
    (scheme === 'https' ? https : http).request({
      host: '127.0.0.1',
      port: portOf(scheme),
      servername: host,
      ca: edge.root,
      agent: false,
      headers: { host, ...headers },
      ...more,
    } as https.RequestOptions);
  const ask = async ({ body, ...given }: Ask = {}): Promise<Answer> => {
    const request = open(given).end(body);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
  };
  return { ask, open };
}

const seen = ({ body }: Answer) => JSON.parse(body) as { url: string; headers: http.IncomingHttpHeaders; client: string | null };

describe('a visitor', () => {
  test('reaches the origin by its name, by a certificate of the edge', async () => {
    const { ask } = await edgeOf({ ports: { https: await listening(httpsOrigin()) } });
    const answer = await ask({ path: '/a?b=c' });
    expect([answer.status, answer.headers['server'], answer.headers['cf-ray']]).toEqual([
      200,
      'cloudflare',
      expect.stringMatching(/^[0-9a-f]{16}-LAB$/),
    ]);
    expect(seen(answer)).toMatchObject({
      url: '/a?b=c',
      headers: {
        host: 'www.example.test',
        'cf-connecting-ip': '127.0.0.1',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'https',
        'cf-visitor': '{"scheme":"https"}',
        'cf-ray': answer.headers['cf-ray'],
      },
    });
  });

  test('cannot forge its address: X-Forwarded-For is extended, other headers are replaced', async () => {
    const { ask } = await edgeOf({ ports: { https: await listening(httpsOrigin()) } });
    const headers = {
      'cf-connecting-ip': '1.1.1.1',
      'true-client-ip': '1.1.1.1',
      'x-forwarded-for': '1.1.1.1',
      'x-forwarded-proto': 'gopher',
      'x-hop': 'x',
      connection: 'x-hop',
    };
    const { headers: told } = seen(await ask({ headers }));
    expect(told).toMatchObject({ 'cf-connecting-ip': '127.0.0.1', 'x-forwarded-for': '1.1.1.1, 127.0.0.1', 'x-forwarded-proto': 'https' });
    expect(told).not.toHaveProperty('true-client-ip');
    expect(told).not.toHaveProperty('x-hop');
  });

  test('sends and gets bodies piece by piece', async () => {
    const origin = httpsOrigin((request, response) => void request.pipe(response));
    const request = (await edgeOf({ ports: { https: await listening(origin) } })).open({ method: 'POST' });
    request.write('first');
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect(String((await once(response, 'data'))[0])).toBe('first');
    request.end('second');
    expect(await text(response)).toBe('second');
  });

  test('may change the protocol, as WebSocket does, unless the zone forbids it', async () => {
    const origin = httpsOrigin();
    origin.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
      socket.pipe(socket);
    });
    const ports = { https: await listening(origin) };
    const headers = { connection: 'Upgrade', upgrade: 'echo' };
    const request = (await edgeOf({ ports })).open({ headers }).end();
    const [response, socket] = (await once(request, 'upgrade')) as [http.IncomingMessage, TLSSocket];
    socket.write('hello');
    const [heard] = (await once(socket, 'data')) as [Buffer];
    expect([response.headers['upgrade'], String(heard)]).toEqual(['echo', 'hello']);
    socket.destroy();
    expect((await (await edgeOf({ ports, zone: { websockets: false } })).ask({ headers })).status).toBe(403);
  });

  test('is sent to https where the zone wants it', async () => {
    const answer = await (await edgeOf({ zone: { alwaysUseHttps: true } })).ask({ scheme: 'http', path: '/a?b=c' });
    expect([answer.status, answer.headers['location']]).toEqual([301, 'https://www.example.test/a?b=c']);
  });

  test.each([
    ['shop.example.test', 409, '1001'],
    ['192.0.2.1', 403, '1003'],
  ])('of the host %s gets %i', async (host, status, code) => {
    const answer = await (await edgeOf()).ask({ scheme: 'http', host });
    expect([answer.status, answer.body]).toEqual([status, expect.stringContaining(`Error ${code}`)]);
  });

  test('is not shown a certificate for a name of no zone', async () => {
    const { open } = await edgeOf();
    const [error] = (await once(open({ host: 'www.example.org' }).end(), 'error')) as [Error];
    expect(error).toBeInstanceOf(Error);
  });

  test('of a name whose origin has no address gets 530', async () => {
    expect((await (await edgeOf({ name: { addresses: [] } })).ask()).status).toBe(530);
  });

  test('that leaves ends the request to the origin', async () => {
    const origin = httpsOrigin((_, response) => void response.writeHead(200).write('first'));
    const port = await listening(origin);
    const request = (await edgeOf({ ports: { https: port } })).open().end();
    const [[, response]] = (await Promise.all([once(origin, 'request'), once(request, 'response')])) as unknown as [
      [unknown, http.ServerResponse],
    ];
    request.destroy();
    await once(response, 'close');
    expect(response.writableFinished).toBe(false);
  });
});

describe('the origin', () => {
  test.each([
    ['flexible', 'http', 'http'],
    ['full', 'http', 'http'],
    ['full', 'https', 'https'],
    ['strict', 'https', 'https'],
    ['origin_pull', 'http', 'https'],
  ] as const)('in mode %s is asked for a visitor of %s by %s', async (ssl, scheme, asked) => {
    const spoken =
      (name: string): http.RequestListener =>
      (_, response) =>
        void response.end(name);
    const ports = { http: await listening(http.createServer(spoken('http'))), https: await listening(httpsOrigin(spoken('https'))) };
    expect((await (await edgeOf({ ports, zone: { ssl } })).ask({ scheme })).body).toBe(asked);
  });

  test('is shown the client certificate of its zone, and none where there is none', async () => {
    const ports = { https: await listening(httpsOrigin()) };
    const clientCertificate = issuePair(pullCa, 'client', 'our zone', [], Date.now());
    expect(seen(await (await edgeOf({ ports, name: { clientCertificate } })).ask()).client).toBe('our zone');
    expect(seen(await (await edgeOf({ ports })).ask()).client).toBeNull();
  });

  test('that demands a client certificate answers with it, and not without', async () => {
    const ports = { https: await listening(httpsOrigin(echo, { demands: true })) };
    const clientCertificate = issuePair(pullCa, 'client', 'our zone', [], Date.now());
    expect((await (await edgeOf({ ports, name: { clientCertificate } })).ask()).status).toBe(200);
    expect((await (await edgeOf({ ports })).ask()).status).toBeOneOf([520, 525]);
  });

  test.each([
    ['of another CA', { ca: pullCa }],
    ['for another name', { name: 'other.example.test' }],
    ['that has expired', { now: LONG_AGO }],
  ])('with a certificate %s is refused in mode strict with 526, and taken in mode full', async (_, given) => {
    const ports = { https: await listening(httpsOrigin(echo, given)) };
    expect((await (await edgeOf({ ports })).ask()).status).toBe(526);
    expect((await (await edgeOf({ ports, zone: { ssl: 'full' } })).ask()).status).toBe(200);
  });

  test('that refuses connections gives 521', async () => {
    const answer = await (await edgeOf()).ask();
    expect([answer.status, answer.headers['cf-ray'], answer.body]).toEqual([
      521,
      expect.stringMatching(/-LAB$/),
      expect.stringContaining('521: Web server is down'),
    ]);
  });

  test('that is off gives 522: nothing answers', async () => {
    const answer = await (await edgeOf({ ports: { https: await silentPort() }, connectMilliseconds: 50 })).ask();
    expect([answer.status, answer.body]).toEqual([522, expect.stringContaining('522: Connection timed out')]);
  });

  test('that does not speak TLS gives 525', async () => {
    const origin = createServer((socket) => socket.on('error', () => undefined).end('what?\n'));
    expect((await (await edgeOf({ ports: { https: await listening(origin) } })).ask()).status).toBe(525);
  });

  test('that hangs up without an answer gives 520, and one that never answers 524', async () => {
    const hangsUp = await listening(httpsOrigin((request) => void request.socket.destroy()));
    expect((await (await edgeOf({ ports: { https: hangsUp } })).ask()).status).toBe(520);
    const selfSigned = await listening(httpsOrigin((request) => void request.socket.destroy(), { ca: pullCa }));
    expect((await (await edgeOf({ ports: { https: selfSigned }, zone: { ssl: 'full' } })).ask()).status).toBe(520);
    const silent = await listening(httpsOrigin(() => undefined));
    expect((await (await edgeOf({ ports: { https: silent }, answerMilliseconds: 50 })).ask()).status).toBe(524);
  });

  test('has its time for the answer from the end of the request on: a long body costs none of it', async () => {
    const origin = httpsOrigin(() => undefined);
    const request = (await edgeOf({ ports: { https: await listening(origin) }, answerMilliseconds: 200 })).open({ method: 'POST' });
    request.write('first');
    let status: number | undefined;
    request.once('response', ({ statusCode }: http.IncomingMessage) => (status = statusCode));
    await once(origin, 'request');
    await sleep(600);
    expect(status).toBeUndefined();
    request.end('second');
    await expect.poll(() => status).toBe(524);
  });

  test('of two addresses is looked for at the second, when the first refuses', async () => {
    const port = await listening(httpsOrigin());
    expect(
      (
        await (
          await edgeOf({ ports: { https: port }, name: { addresses: ['127.0.0.2', '127.0.0.1'] } })
        ).ask({ method: 'POST', body: 'whole' })
      ).status,
    ).toBe(200);
  });

  test('that has closed a kept connection is asked again on a new one', async () => {
    const origin = httpsOrigin();
    const { ask } = await edgeOf({ ports: { https: await listening(origin) } });
    await ask();
    // From now on, what is asked on the kept connection finds it closed
    let connections = 0;
    origin.on('secureConnection', () => (connections += 1));
    origin.prependOnceListener('request', (request: http.IncomingMessage) => request.socket.destroy());
    expect((await ask()).status).toBe(200);
    expect(connections).toBe(1);
  });
});
