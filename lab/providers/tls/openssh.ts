import { createPrivateKey, createPublicKey, randomBytes, type JsonWebKey, type KeyObject } from 'node:crypto';

const MAGIC = 'openssh-key-v1\0';
const BLOCK = 8;
const SSH_CURVES: Readonly<Record<string, string>> = { 'P-256': 'nistp256', 'P-384': 'nistp384', 'P-521': 'nistp521' };

/** The public key in SSH's form; null for the curve P224, which SSH does not know. */
export function sshPublicKey(key: KeyObject): { type: string; blob: Buffer } | null {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'secp224r1') return null;
  const jwk = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  switch (jwk.kty) {
    case 'RSA':
      return { type: 'ssh-rsa', blob: Buffer.concat([field('ssh-rsa'), mpint(bytes(jwk.e)), mpint(bytes(jwk.n))]) };
    case 'EC': {
      const name = SSH_CURVES[jwk.crv ?? ''] ?? '';
      const type = `ecdsa-sha2-${name}`;
      return { type, blob: Buffer.concat([field(type), field(name), field(point(jwk))]) };
    }
    default:
      return { type: 'ssh-ed25519', blob: Buffer.concat([field('ssh-ed25519'), field(bytes(jwk.x))]) };
  }
}

/** The bytes of an OPENSSH PRIVATE KEY without passphrase and comment; null for the curve P224. */
export function encodeOpenSshKey(key: KeyObject, check = randomBytes(4)): Buffer | null {
  const ssh = sshPublicKey(key);
  if (ssh === null) return null;
  const secret = Buffer.concat([check, check, privateFields(key.export({ format: 'jwk' }), ssh.type, ssh.blob), field('')]);
  const padding = Buffer.from(Array.from({ length: (BLOCK - (secret.length % BLOCK)) % BLOCK }, (_, index) => index + 1));
  const count = Buffer.of(0, 0, 0, 1);
  return Buffer.concat([
    Buffer.from(MAGIC),
    field('none'),
    field('none'),
    field(''),
    count,
    field(ssh.blob),
    field(Buffer.concat([secret, padding])),
  ]);
}

function privateFields(jwk: JsonWebKey, type: string, blob: Buffer): Buffer {
  switch (jwk.kty) {
    case 'RSA':
      return Buffer.concat([field(type), ...[jwk.n, jwk.e, jwk.d, jwk.qi, jwk.p, jwk.q].map((part) => mpint(bytes(part)))]);
    case 'EC':
      return Buffer.concat([blob, mpint(bytes(jwk.d))]);
    default:
      return Buffer.concat([field(type), field(bytes(jwk.x)), field(Buffer.concat([bytes(jwk.d), bytes(jwk.x)]))]);
  }
}

export function parseOpenSshKey(data: Buffer): KeyObject {
  if (!data.subarray(0, MAGIC.length).equals(Buffer.from(MAGIC))) throw new Error('ssh: invalid openssh private key format');
  const outer = new Reader(data.subarray(MAGIC.length));
  if (outer.text() !== 'none') throw new Error('ssh: this private key is passphrase protected');
  outer.field();
  outer.field();
  outer.skip(4);
  outer.field();
  const inner = new Reader(outer.field());
  inner.skip(8);
  const type = inner.text();
  return createPrivateKey({ key: privateJwk(type, inner), format: 'jwk' });
}

function privateJwk(type: string, from: Reader): JsonWebKey {
  if (type === 'ssh-ed25519') {
    const x = from.field();
    return { kty: 'OKP', crv: 'Ed25519', x: url(x), d: url(from.field().subarray(0, 32)) };
  }
  if (type === 'ssh-rsa') {
    const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => from.field()) as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];
    const exponent = (prime: Buffer): Buffer => toBuffer(toBigInt(d) % (toBigInt(prime) - 1n));
    return {
      kty: 'RSA',
      n: url(unsigned(n)),
      e: url(unsigned(e)),
      d: url(unsigned(d)),
      p: url(unsigned(p)),
      q: url(unsigned(q)),
      dp: url(exponent(p)),
      dq: url(exponent(q)),
      qi: url(unsigned(qi)),
    };
  }
  const name = from.text();
  const crv = Object.entries(SSH_CURVES).find(([, ssh]) => ssh === name)?.[0];
  if (crv === undefined) throw new Error(`ssh: unhandled key type "${type}"`);
  const encoded = from.field();
  const size = (encoded.length - 1) / 2;
  const d = unsigned(from.field());
  const padded = Buffer.concat([Buffer.alloc(Math.max(0, size - d.length)), d]);
  return { kty: 'EC', crv, x: url(encoded.subarray(1, 1 + size)), y: url(encoded.subarray(1 + size)), d: url(padded) };
}

class Reader {
  private offset = 0;
  constructor(private readonly data: Buffer) {}
  skip(count: number): void {
    this.offset += count;
  }
  field(): Buffer {
    const size = this.data.readUInt32BE(this.offset);
    const start = this.offset + 4;
    this.offset = start + size;
    return this.data.subarray(start, this.offset);
  }
  text(): string {
    return this.field().toString('utf8');
  }
}

function field(content: Buffer | string): Buffer {
  const data = Buffer.from(content as string);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  return Buffer.concat([size, data]);
}

/** A positive number: without leading zeroes, but with one before a high bit. */
function mpint(value: Buffer): Buffer {
  const trimmed = unsigned(value);
  return field((trimmed[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), trimmed]) : trimmed);
}

function unsigned(value: Buffer): Buffer {
  const start = value.findIndex((byte) => byte !== 0);
  return start === -1 ? Buffer.alloc(0) : value.subarray(start);
}

/** An EC public key as an uncompressed point. */
export function point(jwk: JsonWebKey): Buffer {
  return Buffer.concat([Buffer.of(4), bytes(jwk.x), bytes(jwk.y)]);
}

function bytes(value: string | undefined): Buffer {
  return Buffer.from(value ?? '', 'base64url');
}
function url(value: Buffer): string {
  return value.toString('base64url');
}
function toBigInt(value: Buffer): bigint {
  return BigInt(`0x${value.toString('hex')}`);
}
function toBuffer(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
}
