import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { State } from '../protocol/value';
import { decodePem, encodePem } from './pem';
import { parseOpenSshKey, sshPublicKey } from './openssh';

export const ALGORITHMS = ['RSA', 'ECDSA', 'ED25519'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];
/** The names of Terraform and of OpenSSL. */
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

export function parsePrivateKeyPem(text: string): PrivateKey {
  const block = decodePem(text);
  if (block === null) throw new Error(`failed to decode PEM block: decoded bytes 0, undecoded ${text.length}`);
  if (!PREAMBLES.includes(block.type)) throw new Error(`unsupported PEM preamble/type: ${block.type}`);
  try {
    return withAlgorithm(createPrivateKey(encodePem(block.type, block.bytes)));
  } catch (error) {
    throw new Error(`failed to parse private key given PEM preamble '${block.type}': ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

export function parseOpenSshPem(text: string): PrivateKey {
  const block = decodePem(text);
  if (block === null) throw new Error('failed to parse openssh private key: ssh: no key found');
  if (block.type !== 'OPENSSH PRIVATE KEY') return parsePrivateKeyPem(text);
  return withAlgorithm(parseOpenSshKey(block.bytes));
}

function withAlgorithm(key: KeyObject): PrivateKey {
  const algorithm = ({ rsa: 'RSA', ec: 'ECDSA', ed25519: 'ED25519' } as const)[key.asymmetricKeyType as 'rsa' | 'ec' | 'ed25519'];
  if (algorithm === undefined) throw new Error(`failed to determine key algorithm: unsupported private key type: ${key.asymmetricKeyType ?? 'none'}`);
  return { key, algorithm };
}

/** Public key as SubjectPublicKeyInfo. */
export function publicKeyInfo(key: KeyObject): Buffer {
  return (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
}

export function publicKeyAttributes(key: KeyObject): State {
  const info = publicKeyInfo(key);
  const ssh = sshPublicKey(key);
  const sha256 = (blob: Buffer): string => createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
  return {
    id: hashForState(info),
    public_key_pem: encodePem('PUBLIC KEY', info),
    public_key_openssh: ssh === null ? '' : `${ssh.type} ${ssh.blob.toString('base64')}\n`,
    public_key_fingerprint_md5: ssh === null ? '' : (createHash('md5').update(ssh.blob).digest('hex').match(/../g) ?? []).join(':'),
    public_key_fingerprint_sha256: ssh === null ? '' : `SHA256:${sha256(ssh.blob)}`,
  };
}

// What Go's strings.TrimSpace takes off, as UTF-8 bytes: the real provider trims binary data as if it were text.
const SPACE = '(?:[\\t-\\r ]|\\xc2[\\x85\\xa0]|\\xe1\\x9a\\x80|\\xe2\\x80[\\x80-\\x8a\\xa8\\xa9\\xaf]|\\xe2\\x81\\x9f|\\xe3\\x80\\x80)';
const SURROUNDING_SPACE = new RegExp(`^${SPACE}+|${SPACE}+$`, 'g');

/** SHA-1 in hex: the ids of keys and requests. */
export function hashForState(bytes: Buffer): string {
  return createHash('sha1').update(Buffer.from(bytes.toString('latin1').replace(SURROUNDING_SPACE, ''), 'latin1')).digest('hex');
}
