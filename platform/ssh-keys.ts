import { createHash, createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto';

export interface SshPublicKey {
  /** e.g. `ssh-ed25519`. */
  readonly type: string;
  readonly blob: Buffer;
}

/** Undefined if it is not one public key as in a .pub file. */
export function parsePublicKey(line: string): SshPublicKey | undefined {
  const [, type = '', encoded = ''] = /^(\S+) ([A-Za-z0-9+/]+=*)( [^\n]*)?$/.exec(line.trim()) ?? [];
  const blob = Buffer.from(encoded, 'base64');
  const [named, ...numbers] = fieldsOf(blob) ?? [];
  return named?.toString() === type && numbers.length > 0 ? { type, blob } : undefined;
}

/** A key is its type and some numbers, each behind its length. Undefined: it was cut or changed in copying. */
function fieldsOf(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let at = 0; at < blob.length;) {
    const start = at + 4;
    at = start + (start > blob.length ? 0 : blob.readUInt32BE(at));
    if (at > blob.length) return undefined;
    fields.push(blob.subarray(start, at));
  }
  return fields;
}

/** As Hetzner's API shows it. */
export function fingerprintOf({ blob }: SshPublicKey): string {
  return createHash('md5').update(blob).digest('hex').match(/../g)!.join(':');
}

/**
 * The public half of a private key, of OpenSSH's format or in PEM (PKCS#1, PKCS#8, SEC 1).
 * @returns `encrypted` for one with a passphrase, `unreadable` for what is no private key
 */
export function publicHalf(privateKey: string): Buffer | 'encrypted' | 'unreadable' {
  const openSsh = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+)-----END OPENSSH PRIVATE KEY-----/.exec(privateKey);
  if (openSsh) return ofOpenSsh(Buffer.from(openSsh[1] ?? '', 'base64'));
  if (/ENCRYPTED/.test(privateKey)) return 'encrypted';
  try {
    return blobOf(createPublicKey(createPrivateKey(privateKey)).export({ format: 'jwk' })) ?? 'unreadable';
  } catch {
    return 'unreadable';
  }
}

const MAGIC = Buffer.from('openssh-key-v1\0');

/** PROTOCOL.key of OpenSSH: magic, cipher, key derivation and its options, number of keys, public key, private part. */
function ofOpenSsh(data: Buffer): Buffer | 'encrypted' | 'unreadable' {
  if (!data.subarray(0, MAGIC.length).equals(MAGIC)) return 'unreadable';
  try {
    let at = MAGIC.length;
    const next = () => {
      const start = at + 4;
      at = start + data.readUInt32BE(at);
      if (at > data.length) throw new RangeError('cut off');
      return data.subarray(start, at);
    };
    const cipher = next().toString();
    next();
    next();
    at += 4;
    const publicKey = next();
    next();
    return cipher === 'none' ? publicKey : 'encrypted';
  } catch {
    return 'unreadable';
  }
}

function blobOf({ kty, crv, n = '', e = '', x = '', y = '' }: JsonWebKey): Buffer | undefined {
  const bytes = (text: string) => Buffer.from(text, 'base64url');
  // A number that begins with a set bit would be negative
  const positive = (text: string) => ((bytes(text)[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes(text)]) : bytes(text));
  if (kty === 'RSA') return Buffer.concat(['ssh-rsa', positive(e), positive(n)].map(lengthed));
  if (crv === 'Ed25519') return Buffer.concat(['ssh-ed25519', bytes(x)].map(lengthed));
  const curve = { 'P-256': 'nistp256', 'P-384': 'nistp384', 'P-521': 'nistp521' }[crv ?? ''];
  return curve === undefined
    ? undefined
    : Buffer.concat([`ecdsa-sha2-${curve}`, curve, Buffer.concat([Buffer.of(4), bytes(x), bytes(y)])].map(lengthed));
}

function lengthed(part: string | Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(part));
  return Buffer.concat([length, Buffer.from(part as string)]);
}
