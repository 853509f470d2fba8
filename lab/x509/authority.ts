import { randomBytes } from 'node:crypto';
import { issue } from './certificate';
import { authorityKeyIdentifier, basicConstraints, extendedKeyUsage, keyUsage, subjectAltName, subjectKeyIdentifier } from './extensions';
import { generateKey, type PrivateKey } from './keys';
import { encodeSubject, type Subject } from './names';
import { subjectKeyId } from './signing';

const DAY = 86_400_000;
const [DIGITAL_SIGNATURE, CERT_SIGN, CRL_SIGN] = [0, 5, 6];
const USAGES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

export interface Authority {
  readonly key: PrivateKey;
  /** RDNSequence, as DER. */
  readonly subject: Buffer;
  readonly keyId: Buffer;
  /** The root, as PEM. */
  readonly certificate: string;
}

/** PEM both. */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

export const newSerial = (): bigint => BigInt(`0x${randomBytes(16).toString('hex')}`);

/** A root of twenty years. @param now milliseconds since the epoch */
export function createAuthority(key: PrivateKey, name: Subject, now: number): Authority {
  const subject = encodeSubject(name);
  const keyId = subjectKeyId(key.key);
  const certificate = issue({
    serial: newSerial(),
    issuer: subject,
    subject,
    notBefore: new Date(now - DAY),
    notAfter: new Date(now + 20 * 365 * DAY),
    publicKey: key.key,
    extensions: [keyUsage([CERT_SIGN, CRL_SIGN]), basicConstraints(true), subjectKeyIdentifier(keyId)],
    signer: key,
  });
  return { key, subject, keyId, certificate };
}

/** A new key, and a certificate of a year for it. */
export function issuePair(
  authority: Authority,
  usage: keyof typeof USAGES,
  commonName: string,
  names: readonly string[],
  now: number,
): KeyPair {
  const { key } = generateKey('ECDSA', 0, 'P256');
  const certificate = issue({
    serial: newSerial(),
    issuer: authority.subject,
    subject: encodeSubject({ commonName: [commonName] }),
    notBefore: new Date(now - DAY),
    notAfter: new Date(now + 365 * DAY),
    publicKey: key,
    extensions: [
      keyUsage([DIGITAL_SIGNATURE]),
      extendedKeyUsage([USAGES[usage]]),
      basicConstraints(false),
      subjectKeyIdentifier(subjectKeyId(key)),
      authorityKeyIdentifier(authority.keyId),
      ...(names.length === 0 ? [] : [subjectAltName({ dns: names, ip: [], uri: [] })]),
    ],
    signer: authority.key,
  });
  return { certificate, privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
