import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Site } from '../machines/topology';
import { isImmutable, type Answer, type PackageCache } from './package-cache';

/** Beginning of a path at a site -> its content: another mirror by http, through the cache, or a folder of this host. */
export type Content = Readonly<Record<string, { readonly mirror: string } | { readonly folder: string }>>;
export type Sites = Readonly<Record<Site, Content>>;

/** @param debian URL of a Debian mirror; the security archive is beside it, as `-security` */
export function sitesOf({ debian = 'http://deb.debian.org/debian', mysql }: { readonly debian?: string; readonly mysql: string }): Sites {
  const [packages, security] = [{ mirror: debian }, { mirror: `${debian}-security` }];
  return {
    'mirror.hetzner.com': { '/debian/packages/': packages, '/debian/security/': security },
    'deb.debian.org': { '/debian/': packages, '/debian-security/': security },
    'security.debian.org': { '/debian-security/': security },
    'repo.mysql.com': { '/': { folder: mysql } },
  };
}

/**
 * All sites with packages, told apart by the name in the request. The only way out of the lab. Also takes whole URLs, as from the
 * clients of a proxy: the base image is built before there is a lab, and has the names of the lab's Internet in its sources all the same.
 */
export function createMirror(sites: Sites, cache: PackageCache): Server {
  return createServer((incoming, outgoing) => {
    handle(incoming, outgoing, sites, cache).catch((error: unknown) => {
      if (!outgoing.headersSent) outgoing.writeHead(502, { 'content-type': 'text/plain' });
      outgoing.end(`mirror: ${String(error)}\n`);
    });
  });
}

async function handle(incoming: IncomingMessage, outgoing: ServerResponse, sites: Sites, cache: PackageCache): Promise<void> {
  if (!['GET', 'HEAD'].includes(incoming.method ?? '')) return void outgoing.writeHead(405).end();
  const url = new URL(incoming.url ?? '/', `http://${incoming.headers.host ?? ''}`);
  const found = await find(url, sites, cache);
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
  // A package never changes, so apt may go on where it was interrupted
  const start = isImmutable(url.href) ? Number(/^bytes=(\d+)-$/.exec(incoming.headers.range ?? '')?.[1] ?? 0) : 0;
  if (start > 0 && start < entry.bytes) {
    outgoing.writeHead(206, {
      ...headers,
      'content-length': entry.bytes - start,
      'content-range': `bytes ${start}-${entry.bytes - 1}/${entry.bytes}`,
    });
  } else outgoing.writeHead(200, headers);
  if (incoming.method === 'HEAD') outgoing.end();
  else await pipeline(createReadStream(entry.body, { start: start < entry.bytes ? start : 0 }), outgoing);
}

async function find({ hostname, pathname }: URL, sites: Sites, cache: PackageCache): Promise<Answer> {
  const missing = { status: 404, text: `mirror: ${hostname} has no ${pathname}\n` };
  for (const [begin, content] of Object.entries(sites[hostname as Site] ?? {})) {
    if (!pathname.startsWith(begin)) continue;
    const rest = pathname.slice(begin.length);
    if ('mirror' in content) return cache(`${content.mirror}/${rest}`);
    return (await fileIn(content.folder, decodeURIComponent(rest))) ?? missing;
  }
  return missing;
}

/** null: not there, or no file, or outside of the folder. */
async function fileIn(folder: string, path: string): Promise<Answer | null> {
  try {
    const root = await realpath(folder);
    const body = await realpath(join(root, resolve('/', path)));
    const { size: bytes, mtime } = await stat(body);
    if (!body.startsWith(`${root}${sep}`) || !(await stat(body)).isFile()) return null;
    return { entry: { body, bytes, contentType: 'application/octet-stream', lastModified: mtime.toUTCString(), checked: Date.now() } };
  } catch {
    return null;
  }
}
