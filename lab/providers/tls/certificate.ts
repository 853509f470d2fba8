import { randomBytes, type KeyObject } from 'node:crypto';
import { issue } from '../../x509/certificate';
import { sequence } from '../../x509/der';
import {
  authorityKeyIdentifier,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
  subjectKeyIdentifier,
} from '../../x509/extensions';
import type { PrivateKey } from '../../x509/keys';
import { isEmpty, type AlternativeNames } from '../../x509/names';
import { subjectKeyId } from '../../x509/signing';
import { failure, ProviderError } from '../protocol/diagnostics';
import { flag, number, texts } from '../protocol/read';
import type { State } from '../protocol/value';

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

/** Whose certificate it will be; the subject as RDNSequence. */
export interface Holder {
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
export function createCertificate(planned: State, holder: Holder, issuer: Issuer, now: Date): State {
  const isCa = flag(planned['is_ca_certificate']);
  if (isCa && holder.subject.equals(sequence())) {
    throw new ProviderError(
      failure('Invalid Certificate Subject', 'Must contain at least one Distinguished Name when creating Certificate Authority (CA)'),
    );
  }
  const serial = BigInt(`0x${randomBytes(16).toString('hex')}`);
  const end = new Date(now.getTime() + number(planned['validity_period_hours']) * 3_600_000);
  const keyId = isCa || flag(planned['set_subject_key_id']) ? subjectKeyId(holder.publicKey) : undefined;
  const pem = issue({
    serial,
    issuer: issuer.subject ?? holder.subject,
    subject: holder.subject,
    notBefore: now,
    notAfter: end,
    publicKey: holder.publicKey,
    extensions: extensionsOf(planned, holder, keyId, authorityKeyId(planned, holder, issuer, keyId)),
    signer: issuer.key,
  });
  return { id: serial.toString(), cert_pem: pem, validity_start_time: now.toISOString(), validity_end_time: end.toISOString() };
}

function authorityKeyId(planned: State, holder: Holder, issuer: Issuer, keyId: Buffer | undefined): Buffer | undefined {
  if (issuer.subject !== undefined) return holder.subject.equals(issuer.subject) ? undefined : issuer.subjectKeyId;
  if (!flag(planned['set_authority_key_id'])) return undefined;
  if (keyId === undefined)
    throw new ProviderError(failure('Invalid Certificate Authority', 'Could not determine Authority Key Identifier'));
  return keyId;
}

function extensionsOf(planned: State, holder: Holder, keyId: Buffer | undefined, authority: Buffer | undefined): readonly Buffer[] {
  const uses = texts(planned['allowed_uses']);
  const usages = uses.flatMap((use) => KEY_USAGES[use] ?? []);
  const extended = uses.flatMap((use) => EXTENDED_KEY_USAGES[use] ?? []);
  return [
    ...(usages.length === 0 ? [] : [keyUsage(usages)]),
    ...(extended.length === 0 ? [] : [extendedKeyUsage(extended)]),
    basicConstraints(flag(planned['is_ca_certificate'])),
    ...(keyId === undefined ? [] : [subjectKeyIdentifier(keyId)]),
    ...(authority === undefined ? [] : [authorityKeyIdentifier(authority)]),
    ...(isEmpty(holder.names) ? [] : [subjectAltName(holder.names, holder.subject.equals(sequence()))]),
  ];
}
