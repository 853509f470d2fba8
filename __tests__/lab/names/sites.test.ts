import { mkdtemp, rm } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { connect } from 'node:net';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { certificateFor, ensureAuthority, rootOf } from '../../../lab/names/authority';
import { SiteListeners } from '../../../lab/names/sites';
import { freePort } from '../../helpers/ports';

const ADDRESSES = { 'one.test': '127.0.0.2', 'two.test': '127.0.0.3' };
let folder: string;
let root: string;
let outside: http.Server;
let ports: { http: number; https: number };
let sites: SiteListeners;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sites-'));
  await ensureAuthority(join(folder, 'authority'));
  root = await readFile(rootOf(join(folder, 'authority')), 'utf8');
  outside = http
    .createServer((incoming, outgoing) => outgoing.end(`${incoming.headers.host}${incoming.url}`))
    .listen(join(folder, 'outside.sock'));
});
afterAll(async () => {
  outside.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  ports = { http: await freePort('127.0.0.2'), https: await freePort('127.0.0.2') };
  sites = new SiteListeners({
    addresses: ADDRESSES,
    certificate: await certificateFor(join(folder, 'authority'), ['one.test', 'two.test']),
    target: join(folder, 'outside.sock'),
    ports,
  });
  await sites.listen();
});
afterEach(() => sites.close());

type Name = keyof typeof ADDRESSES;

function get(scheme: 'http' | 'https', name: Name, ca = root): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      host: ADDRESSES[name],
      port: ports[scheme],
      servername: name,
      ca,
      path: '/path',
      headers: { host: name },
      agent: false,
      timeout: 500,
    };
    const request = (scheme === 'https' ? https : http).get(options, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve(answer.statusCode === 200 ? text : String(answer.statusCode)));
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', reject);
  });
}

test('each site is reached at its address, with and without TLS, by the certificate of the CA', async () => {
  for (const name of ['one.test', 'two.test'] as const)
    for (const scheme of ['http', 'https'] as const) expect(await get(scheme, name)).toBe(`${name}/path`);
  await ensureAuthority(join(folder, 'another'));
  const other = await readFile(rootOf(join(folder, 'another')), 'utf8');
  await expect(get('https', 'one.test', other)).rejects.toThrow(/certificate|issuer/);
});

test("the CA of the lab's Internet is made once, and only root can read its key", async () => {
  await ensureAuthority(join(folder, 'authority'));
  expect(await readFile(rootOf(join(folder, 'authority')), 'utf8')).toBe(root);
  expect((await stat(join(folder, 'authority/ca.key'))).mode & 0o777).toBe(0o600);
});

test.each([
  ['refused', /ECONNREFUSED/],
  ['silent', /no answer/],
] as const)('a site can be %s while the other one works, and be repaired', async (kind, error) => {
  await sites.break('one.test', kind);
  for (const scheme of ['http', 'https'] as const) await expect(get(scheme, 'one.test')).rejects.toThrow(error);
  expect(await get('https', 'two.test')).toBe('two.test/path');
  expect(sites.faults).toEqual({ 'one.test': kind });
  await sites.mend();
  expect(await get('https', 'one.test')).toBe('one.test/path');
});

test('a site can be unavailable: 503', async () => {
  await sites.break('two.test', 'refused');
  await sites.break('two.test', 'unavailable');
  for (const scheme of ['http', 'https'] as const) expect(await get(scheme, 'two.test')).toBe('503');
  await sites.mend('two.test');
  expect(await get('http', 'two.test')).toBe('two.test/path');
});

test('open connections are cut when a site breaks', async () => {
  const socket = connect(ports.http, ADDRESSES['one.test']);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await sites.break('one.test', 'refused');
  await closed;
});

test('a name that is no site is refused', async () => {
  await expect(sites.break('three.test', 'silent')).rejects.toThrow('there is no site three.test, there are one.test, two.test');
});
