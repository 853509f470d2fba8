import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { decodePem, encodePem } from './pem';

export const ALGORITHMS = ['RSA', 'ECDSA', 'ED25519'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];
/** The names that people and OpenSSL use. */
export const CURVES: Readonly<Record<string, string>> = { P224: 'secp224r1', P256: 'prime256v1', P384: 'secp384r1', P521: 'secp521r1' };

export interface PrivateKey {
  readonly key: KeyObject;
  readonly algorithm: Algorithm;
}

export function generateKey(algorithm: Algorithm, rsaBits: number, curve: string): PrivateKey {
  switch (algorithm) {
    case 'RSA':
      return { algorithm, key: generateKeyPairSync('rsa', { modulusLength: rsaBits }).privateKey };
    case 'ECDSA':
      return { algorithm, key: generateKeyPairSync('ec', { namedCurve: CURVES[curve] ?? curve }).privateKey };
    case 'ED25519':
      return { algorithm, key: generateKeyPairSync('ed25519').privateKey };
  }
}

const PREAMBLES = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'];

/** The messages of its errors are those of Terraform's tls provider. */
export function parsePrivateKeyPem(text: string): PrivateKey {
  const block = decodePem(text);
  if (block === null) throw new Error(`failed to decode PEM block: decoded bytes 0, undecoded ${text.length}`);
  if (!PREAMBLES.includes(block.type)) throw new Error(`unsupported PEM preamble/type: ${block.type}`);
  try {
    return withAlgorithm(createPrivateKey(encodePem(block.type, block.bytes)));
  } catch (error) {
    throw new Error(
      `failed to parse private key given PEM preamble '${block.type}': ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

export function withAlgorithm(key: KeyObject): PrivateKey {
  return { key, algorithm: algorithmOf(key) };
}

export function algorithmOf(key: KeyObject): Algorithm {
  const algorithm = ({ rsa: 'RSA', ec: 'ECDSA', ed25519: 'ED25519' } as const)[key.asymmetricKeyType as 'rsa' | 'ec' | 'ed25519'];
  if (algorithm === undefined)
    throw new Error(`failed to determine key algorithm: unsupported private key type: ${key.asymmetricKeyType ?? 'none'}`);
  return algorithm;
}

/** Public key as SubjectPublicKeyInfo. */
export function publicKeyInfo(key: KeyObject): Buffer {
  return (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
}
