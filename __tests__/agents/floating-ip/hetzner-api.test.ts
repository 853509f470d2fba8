import { execa } from 'execa';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HetznerApi } from '../../../agents/floating-ip/hetzner-api';
import { certificateFor, ensureAuthority, rootOf } from '../../../lab/names/authority';
import { listening } from '../../helpers/ports';

/** A name that no name server knows: a client that connects to it has not asked one. */
const NAME = 'api.no-such-name.invalid';
const SERVES = '127.0.0.9';
const READ = { kind: 'read-floating-ip' } as const;

let folder: string;
let connections: number;
let server: http.Server;
let port: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hetzner-api-'));
  writeFileSync(join(folder, 'token'), 'token\n');
  connections = 0;
  server = http.createServer(answer);
  await serve(server);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const answer = (_: http.IncomingMessage, reply: http.ServerResponse) =>
  void reply.setHeader('content-type', 'application/json').end('{"floating_ip":{"server":42}}');

async function serve(on: Server): Promise<void> {
  on.on('connection', () => (connections += 1));
  port = await listening(on, SERVES);
}

const know = (...addresses: string[]) => writeFileSync(join(folder, 'addresses'), addresses.map((address) => `${address}\n`).join(''));
const config = (scheme: string) => ({
  endpoint: `${scheme}://${NAME}:${port}/v1`,
  tokenFile: join(folder, 'token'),
  addressesFile: join(folder, 'addresses'),
  floatingIpId: 1,
  serverId: 2,
  peerServerId: 3,
  networkId: 4,
});
const api = (scheme = 'http') => new HetznerApi(config(scheme));
const HELD = { outcome: { ok: true, holder: 42 } };

test('the API is found at a known address, without a look-up, and by one connection for all calls', async () => {
  know(SERVES);
  const asking = api();
  for (let call = 0; call < 3; call += 1) expect(await asking.perform(READ)).toMatchObject(HELD);
  expect(connections).toBe(1);
});

test('an address where nobody answers costs a moment, not the call', async () => {
  know('127.0.0.8', SERVES);
  expect(await api().perform(READ)).toMatchObject(HELD);
  // Nothing comes back from there at all: TEST-NET-1 has no way out of this host, or one into a hole
  know('192.0.2.1', SERVES);
  const start = performance.now();
  expect(await api().perform(READ)).toMatchObject(HELD);
  expect(performance.now() - start).toBeLessThan(1_200);
});

test('addresses that were looked up meanwhile are used for the next connection', async () => {
  know('127.0.0.8');
  const asking = api();
  expect(await asking.perform(READ)).toMatchObject({ outcome: { ok: false } });
  know(SERVES);
  expect(await asking.perform(READ)).toMatchObject(HELD);
});

test.each([
  ['there is no file', () => undefined],
  ['the file has none', () => know('', 'no address')],
])('while no address is known the API is unreachable, at once: %s', async (_, prepare) => {
  prepare();
  const start = performance.now();
  expect(await api().perform(READ)).toEqual({ outcome: { ok: false, why: 'unreachable', code: 'ENOTFOUND' }, budget: undefined });
  expect(performance.now() - start).toBeLessThan(500);
});

/** In a process that is started as the unit starts the agent: with the system's list of CAs, which is this one. */
async function askByTls(root: string): Promise<unknown> {
  const program = `import('./agents/floating-ip/hetzner-api').then(({ HetznerApi }) => new HetznerApi(${JSON.stringify(config('https'))}).perform({ kind: 'read-floating-ip' })).then((answer) => (console.log(JSON.stringify(answer)), process.exit()))`;
  const { stdout } = await execa(process.execPath, ['--import', 'tsx', '--use-openssl-ca', '--eval', program], {
    env: { SSL_CERT_FILE: root },
  });
  return JSON.parse(stdout);
}

test('over TLS the CA has to be one of the system, and the certificate for the name, whatever the address is', async () => {
  const authority = join(folder, 'authority');
  await ensureAuthority(authority);
  know(SERVES);
  for (const [name, expected] of [
    [NAME, HELD],
    ['other.invalid', { outcome: { ok: false, code: 'ERR_TLS_CERT_ALTNAME_INVALID' } }],
  ] as const) {
    const { certificate: cert, privateKey: key } = await certificateFor(authority, [name]);
    const secure = https.createServer({ cert, key }, answer);
    await serve(secure);
    expect(await askByTls(rootOf(authority)), name).toMatchObject(expected);
    secure.closeAllConnections();
    secure.close();
  }
});
