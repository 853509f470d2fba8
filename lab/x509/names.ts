import { children, der, implicit, oid, readOid, sequence, TAG, type Element } from './der';

// In the order in which Go writes a subject.
const SUBJECT_PARTS = [
  ['country', '2.5.4.6'],
  ['organization', '2.5.4.10'],
  ['organizationalUnit', '2.5.4.11'],
  ['locality', '2.5.4.7'],
  ['province', '2.5.4.8'],
  ['streetAddress', '2.5.4.9'],
  ['postalCode', '2.5.4.17'],
  ['commonName', '2.5.4.3'],
  ['serialNumber', '2.5.4.5'],
] as const;
const SINGLE = ['commonName', 'serialNumber'];
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1';

export type Subject = Readonly<Partial<Record<(typeof SUBJECT_PARTS)[number][0], readonly string[]>>> & { readonly emailAddress?: string };

/** The RDNSequence of a subject. */
export function encodeSubject(subject: Subject): Buffer {
  const parts = SUBJECT_PARTS.flatMap(([name, type]) => relativeName(type, subject[name] ?? []));
  const email =
    subject.emailAddress === undefined
      ? []
      : [der(TAG.set, sequence(oid(EMAIL_ADDRESS), der(TAG.ia5String, Buffer.from(subject.emailAddress))))];
  return sequence(...parts, ...email);
}

/** Parts that have no name here, such as an e-mail address, get lost. */
export function decodeSubject(subject: Element): Subject {
  const found: Partial<Record<(typeof SUBJECT_PARTS)[number][0], readonly string[]>> = {};
  for (const attribute of children(subject).flatMap(children)) {
    const [type, value] = children(attribute);
    const name = type === undefined ? undefined : SUBJECT_PARTS.find(([, dotted]) => dotted === readOid(type))?.[0];
    if (name === undefined || value === undefined) continue;
    found[name] = [...(SINGLE.includes(name) ? [] : (found[name] ?? [])), value.content.toString('utf8')];
  }
  return found;
}

function relativeName(type: string, values: readonly string[]): readonly Buffer[] {
  return values.length === 0 ? [] : [der(TAG.set, ...values.map((value) => sequence(oid(type), directoryString(value))))];
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

export function isEmpty(names: AlternativeNames): boolean {
  return names.dns.length + names.ip.length + names.uri.length === 0;
}

/** The value of the extension subjectAltName. */
export function encodeAlternativeNames({ dns, ip, uri }: AlternativeNames): Buffer {
  return sequence(
    ...dns.map((name) => implicit(2, Buffer.from(name))),
    ...ip.map((bytes) => implicit(7, bytes)),
    ...uri.map((name) => implicit(6, Buffer.from(name))),
  );
}

export function decodeAlternativeNames(value: Element): AlternativeNames {
  const tagged = (tag: number): readonly Buffer[] => children(value).flatMap((name) => (name.tag === (0x80 | tag) ? [name.content] : []));
  return { dns: tagged(2).map(String), ip: tagged(7), uri: tagged(6).map(String) };
}
