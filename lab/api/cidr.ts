/** IPv4 arithmetic on text: addresses as 32-bit numbers, ranges in canonical CIDR form. */

export interface Range {
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

export function parseAddress(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match) return null;
  const bytes = match.slice(1).map(Number);
  if (bytes.some((byte, index) => byte > 255 || String(byte) !== match[index + 1])) return null;
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** null unless the text is a CIDR without host bits. */
export function parseRange(text: string): Range | null {
  const [address = '', prefixText = '', ...rest] = text.split('/');
  const first = parseAddress(address);
  if (first === null || rest.length > 0 || !/^\d{1,2}$/.test(prefixText)) return null;
  const prefix = Number(prefixText);
  if (prefix > 32) return null;
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { first, last: first + size - 1, prefix } : null;
}

export const formatRange = (range: Range): string => `${formatAddress(range.first)}/${range.prefix}`;

export const contains = (outer: Range, inner: Range): boolean => outer.first <= inner.first && inner.last <= outer.last;

export const holds = (range: Range, address: number): boolean => range.first <= address && address <= range.last;

export const overlap = (one: Range, other: Range): boolean => one.first <= other.last && other.first <= one.last;

const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map((text) => parseRange(text)!);

/** RFC 1918 */
export const isPrivate = (range: Range): boolean => PRIVATE_RANGES.some((each) => contains(each, range));

/** Parses a range that was already checked. Throws if it was not. */
export function rangeOf(text: string): Range {
  const range = parseRange(text);
  if (!range) throw new Error(`not a canonical CIDR: ${text}`);
  return range;
}
