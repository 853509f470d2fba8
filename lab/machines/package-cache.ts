import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What is kept of an answer; the body lies beside it. */
interface Entry {
  readonly body: string;
  readonly bytes: number;
  readonly contentType: string;
  readonly lastModified: string | null;
  /** Milliseconds since the epoch at which the mirror last confirmed it. */
  readonly checked: number;
}

type Answer = { readonly entry: Entry } | { readonly status: number; readonly text: string };

const INDEX_FRESH_MILLISECONDS = 6 * 3_600_000;

/** Packages and by-hash indexes never change; everything else is a directory of them and may. */
const isImmutable = (url: string) => /\.u?deb$|\/by-hash\//.test(new URL(url).pathname);

/**
 * A forward proxy for apt that keeps what it fetched in `directory`, so that nine machines ask a mirror once.
 * It is the only way out of the lab, and shared by labs. Honours `http_proxy` for its own requests; passes
 * CONNECT to port 443 on, uncached. When the mirror does not answer, what is kept is served, however old.
 */
export function createPackageCache(directory: string, upstreamProxy = process.env['http_proxy']): Server {
  const fetching = new Map<string, Promise<Answer>>();

  const answer = (url: string): Promise<Answer> => {
    const running = fetching.get(url);
    if (running) return running;
    const started = lookUp(directory, url, upstreamProxy).finally(() => fetching.delete(url));
    fetching.set(url, started);
    return started;
  };

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing, answer).catch((error: unknown) => {
      if (!outgoing.headersSent) outgoing.writeHead(502, { 'content-type': 'text/plain' });
      outgoing.end(`package cache: ${String(error)}\n`);
    });
  });
  server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    const [host = '', port] = (incoming.url ?? '').split(':');
    if (port !== '443') return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const upstream = connect(443, host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    socket.on('error', () => upstream.destroy());
  });
  return server;
}

async function handle(incoming: IncomingMessage, outgoing: ServerResponse, answer: (url: string) => Promise<Answer>) {
  const url = incoming.url ?? '';
  if (!url.startsWith('http://') || !['GET', 'HEAD'].includes(incoming.method ?? '')) {
    outgoing.writeHead(400).end('package cache: a forward proxy for GET http://...\n');
    return;
  }
  const found = await answer(url);
  if ('status' in found) {
    outgoing.writeHead(found.status, { 'content-type': 'text/plain' }).end(found.text);
    return;
  }
  const { entry } = found;
  const headers = {
    'content-type': entry.contentType,
    'content-length': entry.bytes,
    ...(entry.lastModified ? { 'last-modified': entry.lastModified } : {}),
  };
  const since = incoming.headers['if-modified-since'];
  if (since && entry.lastModified && Date.parse(since) >= Date.parse(entry.lastModified)) {
    outgoing.writeHead(304).end();
    return;
  }
  // A package never changes, so that the rest of one is the rest of the same: apt goes on where it was interrupted
  const start = isImmutable(url) ? Number(/^bytes=(\d+)-$/.exec(incoming.headers.range ?? '')?.[1] ?? 0) : 0;
  if (start > 0 && start < entry.bytes) {
    outgoing.writeHead(206, { ...headers, 'content-length': entry.bytes - start, 'content-range': `bytes ${start}-${entry.bytes - 1}/${entry.bytes}` });
  } else outgoing.writeHead(200, headers);
  if (incoming.method === 'HEAD') outgoing.end();
  else await pipeline(createReadStream(entry.body, { start: start < entry.bytes ? start : 0 }), outgoing);
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
