import { createHash, sign, verify, type KeyObject } from 'node:crypto';
import { children, der, octets, oid, readOne, sequence, TAG } from './der';
import { publicKeyInfo, type PrivateKey } from './keys';

interface SignatureAlgorithm {
  readonly identifier: Buffer;
  /** null: the algorithm hashes by itself. */
  readonly hash: string | null;
}

/** The algorithms that Go chooses for a key. */
function algorithmFor({ key, algorithm }: PrivateKey): SignatureAlgorithm {
  if (algorithm === 'RSA') return { identifier: sequence(oid('1.2.840.113549.1.1.11'), der(TAG.null)), hash: 'sha256' };
  if (algorithm === 'ED25519') return { identifier: sequence(oid('1.3.101.112')), hash: null };
  switch (key.asymmetricKeyDetails?.namedCurve) {
    case 'secp384r1':
      return { identifier: sequence(oid('1.2.840.10045.4.3.3')), hash: 'sha384' };
    case 'secp521r1':
      return { identifier: sequence(oid('1.2.840.10045.4.3.4')), hash: 'sha512' };
    default:
      return { identifier: sequence(oid('1.2.840.10045.4.3.2')), hash: 'sha256' };
  }
}

/** SEQUENCE of what was signed, algorithm and signature; `build` gets the algorithm, which certificates repeat inside. */
export function signed(key: PrivateKey, build: (algorithm: Buffer) => Buffer): Buffer {
  const { identifier, hash } = algorithmFor(key);
  const content = build(identifier);
  return sequence(content, identifier, der(TAG.bitString, Buffer.of(0), sign(hash, content, key.key)));
}

const HASHES: Readonly<Record<string, string | null>> = {
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2b6570': null,
};

export function hasValidSignature(request: Buffer, publicKey: KeyObject): boolean {
  const [content, algorithm, signature] = children(readOne(request));
  const type = algorithm === undefined ? undefined : children(algorithm)[0]?.content.toString('hex');
  const hash = type === undefined ? undefined : HASHES[type];
  return (
    content !== undefined &&
    signature !== undefined &&
    hash !== undefined &&
    verify(hash, content.raw, publicKey, signature.content.subarray(1))
  );
}

/** SHA-1 of the public key without its envelope; Ed25519 keys keep an OCTET STRING around them. */
export function subjectKeyId(key: KeyObject): Buffer {
  const bitString = children(readOne(publicKeyInfo(key)))[1];
  const content = bitString?.content.subarray(1) ?? Buffer.alloc(0);
  return createHash('sha1')
    .update(key.asymmetricKeyType === 'ed25519' ? octets(content) : content)
    .digest();
}
