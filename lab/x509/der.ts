// Just enough ASN.1 DER to write and read certificates and requests.

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

export function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), length(content.length), content]);
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.of(size);
  const hex = size.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.of(0x80 | bytes.length), bytes]);
}

export const sequence = (...parts: readonly Buffer[]): Buffer => der(TAG.sequence, ...parts);
export const octets = (content: Buffer): Buffer => der(TAG.octetString, content);
export const bits = (content: Buffer, unused = 0): Buffer => der(TAG.bitString, Buffer.of(unused), content);
export const boolean = (value: boolean): Buffer => der(TAG.boolean, Buffer.of(value ? 0xff : 0));
/** Tagged [n], holding other elements. */
export const explicit = (n: number, ...parts: readonly Buffer[]): Buffer => der(0xa0 | n, ...parts);
/** Tagged [n], in place of a primitive type's tag. */
export const implicit = (n: number, content: Buffer): Buffer => der(0x80 | n, content);

export function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return der(TAG.integer, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const base128 = (value: number): readonly number[] => {
    const groups = [value & 0x7f];
    for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  };
  return der(TAG.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** UTCTime before 2050, GeneralizedTime from then on. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
  return date.getUTCFullYear() < 2050 ? der(TAG.utcTime, Buffer.from(digits.slice(2))) : der(TAG.generalizedTime, Buffer.from(digits));
}

export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** The element with its tag and length. */
  readonly raw: Buffer;
}

export function readAll(buffer: Buffer): readonly Element[] {
  const found: Element[] = [];
  for (let offset = 0; offset < buffer.length;) {
    const element = readOne(buffer.subarray(offset));
    found.push(element);
    offset += element.raw.length;
  }
  return found;
}

export function readOne(buffer: Buffer): Element {
  const [tag, first] = [buffer[0], buffer[1]];
  if (tag === undefined || first === undefined) throw new Error('asn1: syntax error: data truncated');
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const size = lengthBytes === 0 ? first : buffer.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  if (start + size > buffer.length) throw new Error('asn1: syntax error: data truncated');
  return { tag, content: buffer.subarray(start, start + size), raw: buffer.subarray(0, start + size) };
}

export function children(element: Element): readonly Element[] {
  return readAll(element.content);
}

export function readOid(element: Element): string {
  const [first = 0, ...rest] = element.content;
  const parts = [Math.min(Math.floor(first / 40), 2)];
  parts.push(first - (parts[0] ?? 0) * 40);
  let value = 0;
  for (const byte of rest) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      parts.push(value);
      value = 0;
    }
  }
  return parts.join('.');
}
