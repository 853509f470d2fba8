import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPackageCache } from '../../../lab/machines/package-cache';

let folder: string;
let mirror: Server;
let mirrorPort: number;
let cache: Server;
let asked: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-cache-'));
  asked = [];
  mirror = createServer((incoming, outgoing) => {
    asked.push(incoming.url ?? '');
    if (incoming.url?.includes('missing')) outgoing.writeHead(404).end();
    else outgoing.writeHead(200, { 'last-modified': 'Sat, 12 Sep 2026 07:55:41 GMT' }).end(`content of ${incoming.url}`);
  });
  cache = createPackageCache(folder, undefined);
  for (const server of [mirror, cache]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mirrorPort = portOf(mirror);
});

afterEach(async () => {
  mirror.close();
  cache.close();
  await rm(folder, { recursive: true });
});

const portOf = (server: Server) => (server.address() as AddressInfo).port;

function get(path: string, headers = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const url = `http://127.0.0.1:${mirrorPort}${path}`;
    request({ host: '127.0.0.1', port: portOf(cache), path: url, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    })
      .on('error', reject)
      .end();
  });
}

test('a mirror is asked once for what nine machines want at the same time', async () => {
  const answers = await Promise.all(Array.from({ length: 9 }, () => get('/pool/a.deb')));
  expect(answers.every(({ status, text }) => status === 200 && text === 'content of /pool/a.deb')).toBe(true);
  expect(asked).toEqual(['/pool/a.deb']);
});

test('what was fetched is served when the mirror is gone', async () => {
  await get('/pool/a.deb');
  mirror.close();
  expect((await get('/pool/a.deb')).text).toBe('content of /pool/a.deb');
});

test('a download that was interrupted goes on where it was, unless it is of something that may have changed', async () => {
  expect(await get('/pool/a.deb', { range: 'bytes=11-' })).toEqual({ status: 206, text: '/pool/a.deb' });
  expect(await get('/pool/a.deb', { range: 'bytes=9999-' })).toEqual({ status: 200, text: 'content of /pool/a.deb' });
  expect((await get('/dists/trixie/InRelease', { range: 'bytes=11-' })).status).toBe(200);
});

test('an index that apt has already is not sent again', async () => {
  await get('/dists/trixie/InRelease');
  const again = await get('/dists/trixie/InRelease', { 'if-modified-since': 'Sat, 12 Sep 2026 07:55:41 GMT' });
  expect(again).toEqual({ status: 304, text: '' });
});

test('what a mirror does not have is told, and asked for again', async () => {
  expect((await get('/pool/missing.deb')).status).toBe(404);
  await get('/pool/missing.deb');
  expect(asked).toHaveLength(2);
});
