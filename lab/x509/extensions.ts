import { bits, boolean, children, explicit, implicit, octets, oid, readOid, readOne, sequence, type Element } from './der';
import { encodeAlternativeNames, type AlternativeNames } from './names';

export const EXTENSION = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlDistributionPoints: '2.5.29.31',
  extendedKeyUsage: '2.5.29.37',
  authorityKeyId: '2.5.29.35',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
} as const;
const OCSP = '1.3.6.1.5.5.7.48.1';

function extension(type: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(type), ...(critical ? [boolean(true)] : []), octets(value));
}

/** @param usages bit numbers of RFC 5280; the highest decides how many bits the string has */
export function keyUsage(usages: readonly number[]): Buffer {
  const highest = Math.max(...usages);
  const bytes = Buffer.alloc(Math.floor(highest / 8) + 1);
  for (const usage of usages) bytes[usage >> 3] = (bytes[usage >> 3] ?? 0) | (0x80 >> (usage & 7));
  return extension(EXTENSION.keyUsage, true, bits(bytes, 7 - (highest & 7)));
}

export function extendedKeyUsage(usages: readonly string[]): Buffer {
  return extension(EXTENSION.extendedKeyUsage, false, sequence(...usages.map(oid)));
}

export function basicConstraints(isCa: boolean): Buffer {
  return extension(EXTENSION.basicConstraints, true, isCa ? sequence(boolean(true)) : sequence());
}

export function subjectKeyIdentifier(keyId: Buffer): Buffer {
  return extension(EXTENSION.subjectKeyId, false, octets(keyId));
}

export function authorityKeyIdentifier(keyId: Buffer): Buffer {
  return extension(EXTENSION.authorityKeyId, false, sequence(implicit(0, keyId)));
}

export function subjectAltName(names: AlternativeNames, critical = false): Buffer {
  return extension(EXTENSION.subjectAltName, critical, encodeAlternativeNames(names));
}

export function ocspResponder(url: string): Buffer {
  return extension(EXTENSION.authorityInfoAccess, false, sequence(sequence(oid(OCSP), implicit(6, Buffer.from(url)))));
}

export function crlDistributionPoint(url: string): Buffer {
  const fullName = explicit(0, implicit(6, Buffer.from(url)));
  return extension(EXTENSION.crlDistributionPoints, false, sequence(sequence(explicit(0, fullName))));
}

/** What is inside an extension of this type, if it is there. */
export function extensionValue(extensions: readonly Element[], type: string): Element | undefined {
  const found = extensions.map(children).find(([name]) => name !== undefined && readOid(name) === type);
  const value = found?.at(-1);
  return value === undefined ? undefined : readOne(value.content);
}
