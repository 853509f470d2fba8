import { createPublicKey, type KeyObject } from 'node:crypto';
import { children, der, integer, oid, readOid, readOne, sequence, TAG } from './der';
import { EXTENSION, extensionValue, subjectAltName } from './extensions';
import { publicKeyInfo, type PrivateKey } from './keys';
import { decodeAlternativeNames, decodeSubject, isEmpty, type AlternativeNames, type Subject } from './names';
import { decodePemOf } from './pem';
import { hasValidSignature, signed } from './signing';

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

export interface CertificateRequest {
  readonly subject: Subject;
  readonly names: AlternativeNames;
  readonly publicKey: KeyObject;
  /** False: its maker does not have the key. */
  readonly isSigned: boolean;
}

/** A PKCS #10 request, as DER. */
export function createRequest(key: PrivateKey, subject: Buffer, names: AlternativeNames): Buffer {
  const extensions = isEmpty(names) ? [] : [sequence(oid(EXTENSION_REQUEST), der(TAG.set, sequence(subjectAltName(names))))];
  return signed(key, () => sequence(integer(0n), subject, publicKeyInfo(key.key), der(0xa0, ...extensions)));
}

export function parseRequest(pem: string): CertificateRequest {
  const bytes = decodePemOf('CERTIFICATE REQUEST', pem);
  try {
    const [content] = children(readOne(bytes));
    const [, subject, publicKey, attributes] = content === undefined ? [] : children(content);
    if (subject === undefined || publicKey === undefined) throw new Error('x509: malformed certificate request');
    const requested = (attributes === undefined ? [] : children(attributes))
      .map(children)
      .find(([type]) => type !== undefined && readOid(type) === EXTENSION_REQUEST);
    const extensions = requested?.[1] === undefined ? [] : children(requested[1]).flatMap(children);
    const names = extensionValue(extensions, EXTENSION.subjectAltName);
    const key = createPublicKey({ key: publicKey.raw, format: 'der', type: 'spki' });
    return {
      subject: decodeSubject(subject),
      names: names === undefined ? { dns: [], ip: [], uri: [] } : decodeAlternativeNames(names),
      publicKey: key,
      isSigned: hasValidSignature(bytes, key),
    };
  } catch (error) {
    throw new Error(`failed to parse certificate request: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
