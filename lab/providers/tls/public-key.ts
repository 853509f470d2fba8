import { createHash, type KeyObject } from 'node:crypto';
import { parsePrivateKeyPem, publicKeyInfo, withAlgorithm, type PrivateKey } from '../../x509/keys';
import { decodePem, encodePem } from '../../x509/pem';
import type { State } from '../protocol/value';
import { parseOpenSshKey, sshPublicKey } from './openssh';

/** A private key in OpenSSH's form, or in one of the others. */
export function parseOpenSshPem(text: string): PrivateKey {
  const block = decodePem(text);
  if (block === null) throw new Error('failed to parse openssh private key: ssh: no key found');
  if (block.type !== 'OPENSSH PRIVATE KEY') return parsePrivateKeyPem(text);
  return withAlgorithm(parseOpenSshKey(block.bytes));
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
  return createHash('sha1')
    .update(Buffer.from(bytes.toString('latin1').replace(SURROUNDING_SPACE, ''), 'latin1'))
    .digest('hex');
}
