import { connect } from 'node:net';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { withAddresses } from '../../lab/attacks';
import { openLab, type Lab } from '../../lab/lab';
import { callSocket } from '../../lab/machines/call-socket';
import { CLIENT_ADDRESS } from '../../lab/machines/topology';
import { openDeployedLab } from '../../lab/scenarios';
import { query } from '../../lab/scenarios/database';
import { agentStatus, certificateOf } from '../../lab/scenarios/roles';
import { attempt, servedBy, type Ask, type Target } from '../../lab/traffic';
import { resolveLimits } from '../../lib/net/capacity';
import { WEB_DEFAULTS } from '../../lib/settings/web';
import { expectEmptyPlan } from './expect-empty-plan';
import { expectOthersServed, heldAt, underAttack, usualServiceOf } from './under-attack';

/** Turns Cloudflare on for the running platform; acme.test.ts turns it off again. Runs inside the client namespace: see run.sh. */
const APP = 'tsx __tests__/end-to-end/cloudflare/main.ts';
const LOAD_BALANCERS = ['lb-1', 'lb-2'];

let lab: Lab;

beforeAll(async () => {
  lab = await openLab();
  await lab.deploy({ app: APP });
  lab = await openLab();
});

interface CloudflareAccount {
  readonly dns_records: readonly { readonly name: string; readonly content: string; readonly proxied: boolean }[];
  readonly unexpectedRequests: readonly string[];
  readonly failures: readonly string[];
}
const cloudflare = () => callSocket(lab.paths.controlSocket, 'GET', '/cloudflare/world') as Promise<CloudflareAccount>;

/** What an operator does in the dashboard. */
async function changeZone(method: 'PATCH' | 'PUT', path: string, body: object): Promise<void> {
  const headers = { authorization: `Bearer ${process.env['CLOUDFLARE_API_TOKEN'] ?? ''}`, 'content-type': 'application/json' };
  const base = 'https://api.cloudflare.com/client/v4';
  const { result } = (await (await fetch(`${base}/zones?name=example.test`, { headers })).json()) as { result: { id: string }[] };
  const answer = await fetch(`${base}/zones/${result[0]?.id ?? ''}${path}`, { method, headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
}

/** Whether a connection from the client's side comes about within 2 s. */
function reaches(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 2_000 });
    const finish = (answer: boolean) => (socket.destroy(), resolve(answer));
    socket
      .on('connect', () => finish(true))
      .on('timeout', () => finish(false))
      .on('error', () => finish(false));
  });
}

test("both names lead to Cloudflare's proxies, and from there to the floating IP", async () => {
  const { dns_records: records, unexpectedRequests, failures } = await cloudflare();
  expect(records.map(({ name, content, proxied }) => ({ name, content, proxied }))).toEqual(
    expect.arrayContaining(['www.example.test', 'example.test'].map((name) => ({ name, content: lab.floatingIp, proxied: true }))),
  );
  expect([unexpectedRequests, failures]).toEqual([[], []]);
});

test('fault scenarios refuse to measure behind Cloudflare, where visitors do not use the floating IP', async () => {
  await expect(openDeployedLab()).rejects.toThrow('come by way of Cloudflare');
});

test.each(LOAD_BALANCERS)('%s shows a certificate of the Origin CA for both names', async (host) => {
  // The agent has a second to answer
  await expect
    .poll(() => certificateOf(lab, host), { timeout: 10_000 })
    .toMatchObject({
      names: ['example.test', 'www.example.test'],
      issuer: expect.stringContaining('Origin ECC CA') as string,
    });
});

test('only Cloudflare reaches the web ports of the floating IP and the load balancers; operators still reach SSH', async () => {
  const addresses = [lab.floatingIp, ...(await lab.machines()).flatMap(({ publicAddress }) => publicAddress ?? [])];
  const ports = [80, 443, 22];
  const reached = await Promise.all(addresses.map((address) => Promise.all(ports.map((port) => reaches(address, port)))));
  expect(reached).toEqual(addresses.map(() => [false, false, true]));
});

test.each(LOAD_BALANCERS)('%s still reaches the other load balancer on its public side', async (host) => {
  const status = async () => agentStatus(lab, await lab.machine(host));
  await expect.poll(status, { timeout: 10_000 }).toMatchObject({ peer: { answersOnPublicSide: true } });
});

describe('a visitor who comes through the proxies', () => {
  let target: Target;

  beforeAll(async () => {
    await changeZone('PATCH', '/settings/ssl', { value: 'strict' });
    target = await lab.entrance();
  });

  const visit = async (path: string, more: Partial<Ask> = {}) =>
    (await attempt(target, { method: 'GET', path, totalMilliseconds: 20_000, ...more })).answer;

  test('gets all the way to the database and back', async () => {
    const written = await visit('/api/notes', {
      method: 'POST',
      headers: { 'idempotency-key': 'by-way-of-cloudflare' },
      body: JSON.stringify({ text: 'by way of Cloudflare' }),
    });
    expect([written?.status, written?.headers['server']]).toEqual([expect.toBeOneOf([200, 201]), 'cloudflare']);
    expect(servedBy(written!)).toMatchObject({
      web: expect.stringMatching(/^web-/) as string,
      app: expect.stringMatching(/^app-/) as string,
    });
    const count = () => query(lab, 'db-1', "SELECT COUNT(*) FROM app.notes WHERE text = 'by way of Cloudflare'");
    await expect.poll(count, { timeout: 10_000 }).toBe('1');
  });

  test('is logged by the web servers with its own address, even if it sends forged headers', async () => {
    const path = `/api/whoami?visit=${String(Date.now())}`;
    expect((await visit(path, { headers: { 'cf-connecting-ip': '1.1.1.1', 'x-forwarded-for': '1.1.1.1' } }))?.status).toBe(200);
    const webs = (await lab.machines()).filter(({ tier }) => tier === 'web');
    const clients = async () => {
      const logs = await Promise.all(webs.map(({ name }) => lab.exec(name, ['grep', '-h', '-F', path, '/var/log/nginx/access.log'])));
      return logs
        .flatMap(({ stdout }) => stdout.split('\n').filter(Boolean))
        .map((line) => (JSON.parse(line) as { client: string }).client);
    };
    await expect.poll(clients, { timeout: 10_000 }).toEqual([CLIENT_ADDRESS]);
  });

  test("is refused while the proxies do not show the zone's certificate", async () => {
    onTestFinished(() => changeZone('PUT', '/origin_tls_client_auth/settings', { enabled: true }));
    await changeZone('PUT', '/origin_tls_client_auth/settings', { enabled: false });
    await expect.poll(async () => (await visit('/'))?.status, { timeout: 10_000 }).toBe(403);
    await changeZone('PUT', '/origin_tls_client_auth/settings', { enabled: true });
    await expect.poll(async () => (await visit('/'))?.status, { timeout: 10_000 }).toBe(200);
  });

  test('may hold so many requests and web sockets and no more, and others are served within twice their usual time', async () => {
    const { requestsAtOncePerAddress, streamsPerAddress } = resolveLimits({}, WEB_DEFAULTS.serverCount);
    const all = { requests: requestsAtOncePerAddress, streams: streamsPerAddress };
    const usual = await usualServiceOf(target);
    await withAddresses(1, async (from) => {
      const orders = [
        { way: 'trickling-uploads', target, from, connectionsPerAddress: all.requests + 20, requestsPerConnection: 1 },
        { way: 'web-sockets', target, from, connectionsPerAddress: all.streams + 20, requestsPerConnection: 1 },
      ] as const;
      await underAttack(orders, async (attacks) => {
        const held = () => heldAt(lab, from[0] ?? '');
        await expect.poll(held, { timeout: 30_000, interval: 200 }).toEqual(all);
        // An upload that is refused before its end: the load balancer closes the connection, and its 429 may be lost
        await expectOthersServed(target, usual, attacks, [520]);
        await expect.poll(held, { timeout: 10_000, interval: 200 }).toEqual(all);
      });
    });
  });
});

test('a second plan behind Cloudflare is empty', () => expectEmptyPlan(lab));
