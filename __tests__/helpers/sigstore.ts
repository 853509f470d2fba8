import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { certificate } from './certificate';
import { listening } from './ports';

const HOST = 'tuf-repo-cdn.sigstore.dev';

/**
 * A stand-in for Sigstore's repository of trusted keys (theupdateframework.io). npm asks it before it asks a registry for keys, and checks
 * no signature without an answer. This one is signed by a key of its own, and knows no registry.
 *
 * @param folder for npm's cache, which then trusts the stand-in, and for a CA
 * @returns environment variables with which npm finds it
 */
export async function sigstore(folder: string): Promise<Record<string, string>> {
  const cache = join(folder, 'cache');
  const trusted = join(cache, '_tuf', HOST);
  const documents = signedDocuments();
  mkdirSync(trusted, { recursive: true });
  writeFileSync(join(trusted, 'root.json'), documents['root.json'] ?? '');

  const authority = certificate('CA of this test');
  const { certificate: cert, key } = certificate(HOST, authority, `subjectAltName=DNS:${HOST}`);
  writeFileSync(join(folder, 'ca.pem'), authority.certificate);
  const repository = createHttpsServer({ cert, key }, ({ url }, response) => {
    // No newer root is there
    const document = documents[(url ?? '').slice(1)];
    response.writeHead(document ? 200 : 404, { connection: 'close' }).end(document);
  });
  const sockets = new Set<Socket>();
  const proxy = createHttpServer().on('connect', ({ url }, socket: Socket) => {
    sockets.add(socket);
    if (url !== `${HOST}:443`) return socket.destroy();
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    repository.emit('connection', socket);
  });
  const port = await listening(proxy);
  onTestFinished(() => {
    proxy.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return {
    npm_config_cache: cache,
    no_proxy: '127.0.0.1',
    https_proxy: `http://127.0.0.1:${port}`,
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
  };
}

function signedDocuments(): Readonly<Record<string, string>> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const keyid = 'of-this-test';
  const role = { keyids: [keyid], threshold: 1 };
  const common = { spec_version: '1.0.31', version: 1, expires: new Date(Date.now() + 3_600_000).toISOString() };
  const signed = (content: object) => {
    const body = { ...common, ...content };
    const sig = sign(null, Buffer.from(canonical(body)), privateKey).toString('hex');
    return JSON.stringify({ signatures: [{ keyid, sig }], signed: body });
  };
  return {
    'root.json': signed({
      _type: 'root',
      consistent_snapshot: false,
      keys: {
        [keyid]: {
          keytype: 'ed25519',
          scheme: 'ed25519',
          keyval: { public: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex') },
        },
      },
      roles: { root: role, timestamp: role, snapshot: role, targets: role },
    }),
    'timestamp.json': signed({ _type: 'timestamp', meta: { 'snapshot.json': { version: 1 } } }),
    'snapshot.json': signed({ _type: 'snapshot', meta: { 'targets.json': { version: 1 } } }),
    'targets.json': signed({ _type: 'targets', targets: {} }),
  };
}

/** Keys in order, no spaces: what is signed. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(',')}}`;
}
