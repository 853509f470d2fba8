import { addressBytes, isAddress } from '../addresses';
import { text, texts } from '../protocol/read';
import type { ObjectValue } from '../protocol/value';
import { children, der, implicit, oid, readOid, sequence, TAG, type Element } from './der';

// In the order in which Go writes a subject.
const SUBJECT_PARTS = [
  ['country', '2.5.4.6'],
  ['organization', '2.5.4.10'],
  ['organizational_unit', '2.5.4.11'],
  ['locality', '2.5.4.7'],
  ['province', '2.5.4.8'],
  ['street_address', '2.5.4.9'],
  ['postal_code', '2.5.4.17'],
  ['common_name', '2.5.4.3'],
  ['serial_number', '2.5.4.5'],
] as const;
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1';

/** The RDNSequence of a `subject` block. */
export function subjectOf(block: ObjectValue | undefined): Buffer {
  if (block === undefined) return sequence();
  const parts = SUBJECT_PARTS.map(([name, type]) => relativeName(type, name === 'street_address' ? texts(block[name]) : [text(block[name])].filter(Boolean)));
  const email = text(block['email_address']);
  const extra = email === '' ? [] : [der(TAG.set, sequence(oid(EMAIL_ADDRESS), der(TAG.ia5String, Buffer.from(email))))];
  return sequence(...parts.filter((part) => part !== null), ...extra);
}

/** A request's subject in a certificate: rebuilt from the known parts, so that others, such as an e-mail address, get lost. */
export function rebuiltSubject(subject: Element): Buffer {
  const values = new Map<string, string[]>();
  for (const attribute of children(subject).flatMap(children)) {
    const [type, value] = children(attribute);
    if (type === undefined || value === undefined) continue;
    values.set(readOid(type), [...(values.get(readOid(type)) ?? []), value.content.toString('utf8')]);
  }
  const single = ['2.5.4.3', '2.5.4.5'];
  const parts = SUBJECT_PARTS.map(([, type]) => relativeName(type, single.includes(type) ? (values.get(type) ?? []).slice(-1) : (values.get(type) ?? [])));
  return sequence(...parts.filter((part) => part !== null));
}

function relativeName(type: string, values: readonly string[]): Buffer | null {
  if (values.length === 0) return null;
  return der(TAG.set, ...values.map((value) => sequence(oid(type), directoryString(value))));
}

/** Go takes `*` and `&` for not printable. */
function directoryString(value: string): Buffer {
  return der(/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value) ? TAG.printableString : TAG.utf8String, Buffer.from(value));
}

export interface AlternativeNames {
  readonly dns: readonly string[];
  readonly ip: readonly Buffer[];
  readonly uri: readonly string[];
}

export function alternativeNamesOf(config: ObjectValue): AlternativeNames {
  return { dns: texts(config['dns_names']), ip: texts(config['ip_addresses']).map(parseAddress), uri: texts(config['uris']) };
}

export class InvalidName extends Error {
  constructor(
    readonly summary: string,
    value: string,
  ) {
    super(`Failed to parse "${value}"`);
  }
}

function parseAddress(address: string): Buffer {
  if (!isAddress(address)) throw new InvalidName('Invalid IP address', address);
  return addressBytes(address);
}

export function isEmpty(names: AlternativeNames): boolean {
  return names.dns.length + names.ip.length + names.uri.length === 0;
}

/** The value of the extension subjectAltName. */
export function encodeAlternativeNames({ dns, ip, uri }: AlternativeNames): Buffer {
  return sequence(...dns.map((name) => implicit(2, Buffer.from(name))), ...ip.map((bytes) => implicit(7, bytes)), ...uri.map((name) => implicit(6, Buffer.from(name))));
}

export function decodeAlternativeNames(value: Element): AlternativeNames {
  const tagged = (tag: number): readonly Buffer[] => children(value).flatMap((name) => (name.tag === (0x80 | tag) ? [name.content] : []));
  return { dns: tagged(2).map(String), ip: tagged(7), uri: tagged(6).map(String) };
}
