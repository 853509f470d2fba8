import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** The stored head of an answer; the body is beside it. */
export interface Entry {
  readonly body: string;
  readonly bytes: number;
  readonly contentType: string;
  readonly lastModified: string | null;
  /** Milliseconds since the epoch at which the mirror last confirmed it. */
  readonly checked: number;
}

export type Answer = { readonly entry: Entry } | { readonly status: number; readonly text: string };

const INDEX_FRESH_MILLISECONDS = 6 * 3_600_000;

/** Packages and by-hash indexes never change; all other files may. */
export const isImmutable = (url: string): boolean => /\.u?deb$|\/by-hash\//.test(new URL(url).pathname);

/** Finds what a URL leads to, in the cache or at the mirror. */
export type PackageCache = (url: string) => Promise<Answer>;

/**
 * Keeps what it fetched in `directory`, so that nine machines ask a mirror once; shared by labs. Honours `http_proxy` for its own
 * requests. When the mirror does not answer, the stored answer is served, whatever its age.
 */
export function createPackageCache(directory: string, upstreamProxy = process.env['http_proxy']): PackageCache {
  const fetching = new Map<string, Promise<Answer>>();
  return (url) => {
    const running = fetching.get(url);
    if (running) return running;
    const started = lookUp(directory, url, upstreamProxy).finally(() => fetching.delete(url));
    fetching.set(url, started);
    return started;
  };
}

async function lookUp(directory: string, url: string, upstreamProxy: string | undefined): Promise<Answer> {
  const path = join(directory, createHash('sha256').update(url).digest('hex'));
  const kept = await readEntry(path);
  if (kept && (isImmutable(url) || Date.now() - kept.checked < INDEX_FRESH_MILLISECONDS)) return { entry: kept };
  try {
    return await fetchInto(path, url, kept, upstreamProxy);
  } catch (error) {
    if (kept) return { entry: kept };
    return { status: 502, text: `package cache: ${url}: ${String(error)}\n` };
  }
}

async function readEntry(path: string): Promise<Entry | null> {
  try {
    const entry = JSON.parse(await readFile(`${path}.json`, 'utf8')) as Entry;
    return (await stat(entry.body)).size === entry.bytes ? entry : null;
  } catch {
    return null;
  }
}

async function fetchInto(path: string, url: string, kept: Entry | null, upstreamProxy: string | undefined): Promise<Answer> {
  await mkdir(join(path, '..'), { recursive: true });
  const response = await get(url, kept?.lastModified ?? null, upstreamProxy);
  const status = response.statusCode ?? 502;
  if (status === 304 && kept) {
    response.resume();
    const entry = { ...kept, checked: Date.now() };
    await writeFile(`${path}.json`, JSON.stringify(entry));
    return { entry };
  }
  if (status >= 300 && status < 400 && response.headers.location) {
    response.resume();
    return fetchInto(path, new URL(response.headers.location, url).href, kept, upstreamProxy);
  }
  if (status !== 200) {
    response.resume();
    return { status, text: `package cache: ${url} answered ${status}\n` };
  }
  const partial = `${path}.${randomUUID()}.partial`;
  try {
    await pipeline(response, createWriteStream(partial));
    const bytes = (await stat(partial)).size;
    const announced = response.headers['content-length'];
    if (announced !== undefined && Number(announced) !== bytes) throw new Error(`got ${bytes} of ${announced} bytes`);
    const entry: Entry = {
      body: `${path}.body`,
      bytes,
      contentType: response.headers['content-type'] ?? 'application/octet-stream',
      lastModified: response.headers['last-modified'] ?? null,
      checked: Date.now(),
    };
    await rename(partial, entry.body);
    await writeFile(`${path}.json`, JSON.stringify(entry));
    return { entry };
  } finally {
    await rm(partial, { force: true });
  }
}

function get(url: string, ifModifiedSince: string | null, upstreamProxy: string | undefined): Promise<IncomingMessage> {
  const target = new URL(url);
  const proxy = upstreamProxy ? new URL(upstreamProxy) : null;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: (proxy ?? target).hostname,
        port: (proxy ?? target).port || 80,
        path: proxy ? url : target.pathname + target.search,
        headers: { host: target.host, ...(ifModifiedSince ? { 'if-modified-since': ifModifiedSince } : {}) },
        timeout: 30_000,
      },
      resolve,
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer for 30 s')));
    outgoing.on('error', reject);
    outgoing.end();
  });
}
