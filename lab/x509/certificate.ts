import { createPublicKey, type KeyObject } from 'node:crypto';
import { children, explicit, integer, readOne, sequence, TAG, time } from './der';
import { EXTENSION, extensionValue } from './extensions';
import { publicKeyInfo, type PrivateKey } from './keys';
import { decodePemOf, encodePem } from './pem';
import { signed } from './signing';

export interface Issuance {
  readonly serial: bigint;
  /** RDNSequences, as DER. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly signer: PrivateKey;
}

/** An X.509 v3 certificate as PEM. */
export function issue({ serial, issuer, subject, notBefore, notAfter, publicKey, extensions, signer }: Issuance): string {
  const certificate = signed(signer, (algorithm) =>
    sequence(
      explicit(0, integer(2n)),
      integer(serial),
      algorithm,
      issuer,
      sequence(time(notBefore), time(notAfter)),
      subject,
      publicKeyInfo(publicKey),
      explicit(3, sequence(...extensions)),
    ),
  );
  return encodePem('CERTIFICATE', certificate);
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
    const extensions = fields
      .filter(({ tag }) => tag === 0xa3)
      .flatMap(children)
      .flatMap(children);
    const constraints = extensionValue(extensions, EXTENSION.basicConstraints);
    const keyId = extensionValue(extensions, EXTENSION.subjectKeyId);
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
