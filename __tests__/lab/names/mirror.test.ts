import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMirror, sitesOf } from '../../../lab/names/mirror';
import { createPackageCache } from '../../../lab/names/package-cache';
import { listening } from '../../helpers/ports';

let folder: string;
let upstream: Server;
let mirror: Server;
let port: number;
let asked: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mirror-'));
  asked = [];
  upstream = createServer((incoming, outgoing) => {
    asked.push(incoming.url ?? '');
    if (incoming.url?.includes('missing')) outgoing.writeHead(404).end();
    else outgoing.writeHead(200, { 'last-modified': 'Sat, 12 Sep 2026 07:55:41 GMT' }).end(`content of ${incoming.url}`);
  });
  const sites = sitesOf({ debian: `http://127.0.0.1:${await listening(upstream)}/debian`, mysql: join(folder, 'mysql') });
  mirror = createMirror(sites, createPackageCache(join(folder, 'cache'), undefined));
  port = await listening(mirror);
});

afterEach(async () => {
  upstream.close();
  mirror.close();
  await rm(folder, { recursive: true });
});

/** As a client that has looked the name up. */
function get(url: string, headers = {}): Promise<{ status: number; text: string }> {
  const { host, pathname } = new URL(url);
  return send(pathname, { host, ...headers });
}

function send(path: string, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    })
      .on('error', reject)
      .end();
  });
}

const PACKAGE = 'http://mirror.hetzner.com/debian/packages/pool/a.deb';
const INDEX = 'http://mirror.hetzner.com/debian/packages/dists/trixie/InRelease';

test('a mirror is asked once for what nine machines want at the same time', async () => {
  const answers = await Promise.all(Array.from({ length: 9 }, () => get(PACKAGE)));
  expect(answers.every(({ status, text }) => status === 200 && text === 'content of /debian/pool/a.deb')).toBe(true);
  expect(asked).toEqual(['/debian/pool/a.deb']);
});

test("the names of Hetzner's and Debian's mirrors lead to one mirror, which is asked once", async () => {
  for (const url of [PACKAGE, 'http://deb.debian.org/debian/pool/a.deb'])
    expect((await get(url)).text).toBe('content of /debian/pool/a.deb');
  for (const url of [
    'http://mirror.hetzner.com/debian/security/b',
    'http://security.debian.org/debian-security/b',
    'http://deb.debian.org/debian-security/b',
  ]) {
    expect((await get(url)).text).toBe('content of /debian-security/b');
  }
  expect(asked).toEqual(['/debian/pool/a.deb', '/debian-security/b']);
});

test('an unknown site or path is not found, without a request to the mirror', async () => {
  for (const url of ['http://example.com/debian/pool/a.deb', 'http://security.debian.org/debian/pool/a.deb', 'http://mirror.hetzner.com/'])
    expect((await get(url)).status).toBe(404);
  expect(asked).toEqual([]);
});

test('a client that uses the sites as its proxy gets the same answers', async () => {
  expect((await send(PACKAGE, { host: 'mirror.hetzner.com' })).text).toBe('content of /debian/pool/a.deb');
});

test('a fetched file is served when the mirror is gone', async () => {
  await get(PACKAGE);
  upstream.close();
  expect((await get(PACKAGE)).text).toBe('content of /debian/pool/a.deb');
});

test('an interrupted download of a package is resumed, one of a file that may change is not', async () => {
  expect(await get(PACKAGE, { range: 'bytes=11-' })).toEqual({ status: 206, text: '/debian/pool/a.deb' });
  expect(await get(PACKAGE, { range: 'bytes=9999-' })).toEqual({ status: 200, text: 'content of /debian/pool/a.deb' });
  expect((await get(INDEX, { range: 'bytes=11-' })).status).toBe(200);
});

test('an index that apt has already is not sent again', async () => {
  await get(INDEX);
  expect(await get(INDEX, { 'if-modified-since': 'Sat, 12 Sep 2026 07:55:41 GMT' })).toEqual({ status: 304, text: '' });
});

test('a file that the mirror lacks is 404, and asked for again next time', async () => {
  const url = PACKAGE.replace('a.deb', 'missing.deb');
  expect((await get(url)).status).toBe(404);
  await get(url);
  expect(asked).toHaveLength(2);
});

test("MySQL's repository is a folder of this host: its files, nothing beside it, and nothing where there is none", async () => {
  expect((await get('http://repo.mysql.com/RPM-GPG-KEY')).status).toBe(404);
  await mkdir(join(folder, 'mysql/apt'), { recursive: true });
  await writeFile(join(folder, 'mysql/apt/InRelease'), 'signed');
  await writeFile(join(folder, 'secret'), 'secret');
  await symlink(join(folder, 'secret'), join(folder, 'mysql/link'));
  expect(await get('http://repo.mysql.com/apt/InRelease')).toEqual({ status: 200, text: 'signed' });
  expect(
    (await send('/apt/InRelease', { host: 'repo.mysql.com', 'if-modified-since': new Date(Date.now() + 1000).toUTCString() })).status,
  ).toBe(304);
  for (const path of ['/apt', '/apt/none', '/link', '/../secret', '/%2e%2e/secret'])
    expect((await send(path, { host: 'repo.mysql.com' })).status, path).toBe(404);
});
