import { createPublicKey, randomBytes, type KeyObject } from 'node:crypto';
import { failure, ProviderError } from '../protocol/diagnostics';
import { flag, number, texts } from '../protocol/read';
import type { State } from '../protocol/value';
import { bits, boolean, children, explicit, implicit, integer, octets, oid, readOid, readOne, sequence, time, TAG, type Element } from './der';
import { publicKeyInfo, type PrivateKey } from './keys';
import { encodeAlternativeNames, isEmpty, type AlternativeNames } from './names';
import { decodePemOf, encodePem } from './pem';
import { signed, subjectKeyId } from './signing';

const OID = { subjectKeyId: '2.5.29.14', keyUsage: '2.5.29.15', subjectAltName: '2.5.29.17', basicConstraints: '2.5.29.19', authorityKeyId: '2.5.29.35', extendedKeyUsage: '2.5.29.37' };

/** Bit numbers. */
const KEY_USAGES: Readonly<Record<string, number>> = {
  digital_signature: 0,
  content_commitment: 1,
  key_encipherment: 2,
  data_encipherment: 3,
  key_agreement: 4,
  cert_signing: 5,
  crl_signing: 6,
  encipher_only: 7,
  decipher_only: 8,
};
const EXTENDED_KEY_USAGES: Readonly<Record<string, string>> = {
  any_extended: '2.5.29.37.0',
  server_auth: '1.3.6.1.5.5.7.3.1',
  client_auth: '1.3.6.1.5.5.7.3.2',
  code_signing: '1.3.6.1.5.5.7.3.3',
  email_protection: '1.3.6.1.5.5.7.3.4',
  ipsec_end_system: '1.3.6.1.5.5.7.3.5',
  ipsec_tunnel: '1.3.6.1.5.5.7.3.6',
  ipsec_user: '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  ocsp_signing: '1.3.6.1.5.5.7.3.9',
  microsoft_server_gated_crypto: '1.3.6.1.4.1.311.10.3.3',
  netscape_server_gated_crypto: '2.16.840.1.113730.4.1',
  microsoft_commercial_code_signing: '1.3.6.1.4.1.311.2.1.22',
  microsoft_kernel_code_signing: '1.3.6.1.4.1.311.61.1.1',
};
export const ALLOWED_USES = [...Object.keys(KEY_USAGES), ...Object.keys(EXTENDED_KEY_USAGES)].sort();

export interface CertificateRequest {
  readonly subject: Buffer;
  readonly names: AlternativeNames;
  readonly publicKey: KeyObject;
}

/** Who signs: with `subject` absent, the certificate itself. */
export interface Issuer {
  readonly key: PrivateKey;
  readonly subject?: Buffer;
  readonly subjectKeyId?: Buffer;
}

/** A certificate by the attributes that self-signed and locally signed ones share. */
export function createCertificate(planned: State, request: CertificateRequest, issuer: Issuer, now: Date): State {
  const isCa = flag(planned['is_ca_certificate']);
  if (isCa && request.subject.equals(sequence())) {
    throw new ProviderError(failure('Invalid Certificate Subject', 'Must contain at least one Distinguished Name when creating Certificate Authority (CA)'));
  }
  const serial = BigInt(`0x${randomBytes(16).toString('hex')}`);
  const end = new Date(now.getTime() + number(planned['validity_period_hours']) * 3_600_000);
  const keyId = isCa || flag(planned['set_subject_key_id']) ? subjectKeyId(request.publicKey) : undefined;
  const extensions = extensionsOf(planned, request, keyId, authorityKeyId(planned, request, issuer, keyId));
  const certificate = signed(issuer.key, (algorithm) =>
    sequence(
      explicit(0, integer(2n)),
      integer(serial),
      algorithm,
      issuer.subject ?? request.subject,
      sequence(time(now), time(end)),
      request.subject,
      publicKeyInfo(request.publicKey),
      explicit(3, sequence(...extensions)),
    ),
  );
  return { id: serial.toString(), cert_pem: encodePem('CERTIFICATE', certificate), validity_start_time: now.toISOString(), validity_end_time: end.toISOString() };
}

function authorityKeyId(planned: State, request: CertificateRequest, issuer: Issuer, keyId: Buffer | undefined): Buffer | undefined {
  if (issuer.subject !== undefined) return request.subject.equals(issuer.subject) ? undefined : issuer.subjectKeyId;
  if (!flag(planned['set_authority_key_id'])) return undefined;
  if (keyId === undefined) throw new ProviderError(failure('Invalid Certificate Authority', 'Could not determine Authority Key Identifier'));
  return keyId;
}

function extensionsOf(planned: State, request: CertificateRequest, keyId: Buffer | undefined, authority: Buffer | undefined): readonly Buffer[] {
  const uses = texts(planned['allowed_uses']);
  const usages = uses.flatMap((use) => KEY_USAGES[use] ?? []);
  const extended = uses.flatMap((use) => EXTENDED_KEY_USAGES[use] ?? []);
  return [
    ...(usages.length === 0 ? [] : [extension(OID.keyUsage, true, keyUsageBits(usages))]),
    ...(extended.length === 0 ? [] : [extension(OID.extendedKeyUsage, false, sequence(...extended.map(oid)))]),
    extension(OID.basicConstraints, true, flag(planned['is_ca_certificate']) ? sequence(boolean(true)) : sequence()),
    ...(keyId === undefined ? [] : [extension(OID.subjectKeyId, false, octets(keyId))]),
    ...(authority === undefined ? [] : [extension(OID.authorityKeyId, false, sequence(implicit(0, authority)))]),
    ...(isEmpty(request.names) ? [] : [extension(OID.subjectAltName, request.subject.equals(sequence()), encodeAlternativeNames(request.names))]),
  ];
}

export function extension(type: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(type), ...(critical ? [boolean(true)] : []), octets(value));
}

/** The lowest bits that are set decide how many bits the string has. */
function keyUsageBits(usages: readonly number[]): Buffer {
  const highest = Math.max(...usages);
  const bytes = Buffer.alloc(Math.floor(highest / 8) + 1);
  for (const usage of usages) bytes[usage >> 3] = (bytes[usage >> 3] ?? 0) | (0x80 >> (usage & 7));
  return bits(bytes, 7 - (highest & 7));
}

export interface CaCertificate {
  readonly subject: Buffer;
  readonly isCa: boolean;
  readonly subjectKeyId?: Buffer;
  readonly publicKey: KeyObject;
}

export function parseCaCertificate(pem: string): CaCertificate {
  const certificate = decodePemOf('CERTIFICATE', pem);
  try {
    const [content] = children(readOne(certificate));
    const fields = content === undefined ? [] : children(content);
    const [, , , , subject, publicKey] = fields[0]?.tag === 0xa0 ? fields.slice(1) : fields;
    if (subject === undefined || publicKey === undefined) throw new Error('x509: malformed certificate');
    const extensions = fields.filter(({ tag }) => tag === 0xa3).flatMap(children).flatMap(children);
    const constraints = extensionValue(extensions, OID.basicConstraints);
    const keyId = extensionValue(extensions, OID.subjectKeyId);
    return {
      subject: Buffer.from(subject.raw),
      isCa: constraints !== undefined && children(constraints)[0]?.tag === TAG.boolean,
      ...(keyId === undefined ? {} : { subjectKeyId: Buffer.from(keyId.content) }),
      publicKey: createPublicKey({ key: publicKey.raw, format: 'der', type: 'spki' }),
    };
  } catch (error) {
    throw new Error(`failed to parse certificate: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** What is inside an extension of this type, if it is there. */
export function extensionValue(extensions: readonly Element[], type: string): Element | undefined {
  const found = extensions.map(children).find(([name]) => name !== undefined && readOid(name) === type);
  const value = found?.at(-1);
  return value === undefined ? undefined : readOne(value.content);
}
