import { createPublicKey } from 'node:crypto';
import { extension, extensionValue, type CertificateRequest } from './certificate';
import { children, der, integer, oid, readOid, readOne, sequence, TAG } from './der';
import { publicKeyInfo, type PrivateKey } from './keys';
import { decodeAlternativeNames, encodeAlternativeNames, isEmpty, rebuiltSubject, type AlternativeNames } from './names';
import { decodePemOf } from './pem';
import { signed } from './signing';

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const SUBJECT_ALT_NAME = '2.5.29.17';

/** A PKCS #10 request. */
export function createRequest(key: PrivateKey, subject: Buffer, names: AlternativeNames): Buffer {
  const extensions = isEmpty(names)
    ? []
    : [sequence(oid(EXTENSION_REQUEST), der(TAG.set, sequence(extension(SUBJECT_ALT_NAME, false, encodeAlternativeNames(names)))))];
  return signed(key, () => sequence(integer(0n), subject, publicKeyInfo(key.key), der(0xa0, ...extensions)));
}

export function parseRequest(pem: string): CertificateRequest {
  const bytes = decodePemOf('CERTIFICATE REQUEST', pem);
  try {
    const [content] = children(readOne(bytes));
    const [, subject, publicKey, attributes] = content === undefined ? [] : children(content);
    if (subject === undefined || publicKey === undefined) throw new Error('x509: malformed certificate request');
    const requested = (attributes === undefined ? [] : children(attributes)).map(children).find(([type]) => type !== undefined && readOid(type) === EXTENSION_REQUEST);
    const extensions = requested?.[1] === undefined ? [] : children(requested[1]).flatMap(children);
    const names = extensionValue(extensions, SUBJECT_ALT_NAME);
    return {
      subject: rebuiltSubject(subject),
      names: names === undefined ? { dns: [], ip: [], uri: [] } : decodeAlternativeNames(names),
      publicKey: createPublicKey({ key: publicKey.raw, format: 'der', type: 'spki' }),
    };
  } catch (error) {
    throw new Error(`failed to parse certificate request: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
