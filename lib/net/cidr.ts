/** IPv4 ranges as plain numbers, for addresses that are planned before anything is deployed. */
export interface Range {
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

/** IPv4 and IPv6. */
export const ANYWHERE: readonly string[] = ['0.0.0.0/0', '::/0'];

export function parseAddress(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match) return undefined;
  const octets = match.slice(1).map(Number);
  if (octets.some((octet) => octet > 255)) return undefined;
  return octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** Undefined unless the text is a range in canonical form: `10.0.1.0/24` is one, `10.0.1.7/24` is not. */
export function parseRange(text: string): Range | undefined {
  const [base = '', mask = ''] = text.split('/');
  const first = parseAddress(base);
  if (first === undefined || !/^\d{1,2}$/.test(mask) || Number(mask) > 32) return undefined;
  const prefix = Number(mask);
  const size = 2 ** (32 - prefix);
  // 010.0.0.0/08 is another address to some programs, and none to others
  return first % size === 0 && formatRange({ first, prefix }) === text ? { first, last: first + size - 1, prefix } : undefined;
}

export function formatRange({ first, prefix }: Pick<Range, 'first' | 'prefix'>): string {
  return `${formatAddress(first)}/${prefix}`;
}

export function contains(outer: Range, inner: Range): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function overlaps(a: Range, b: Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** All IPv4 addresses are among these ranges, IPv4 and IPv6. */
export function admitsAnyIpv4(ranges: readonly string[]): boolean {
  return ranges.includes('0.0.0.0/0');
}

/** RFC 1918: the only ranges that Hetzner accepts for a private network. */
export function isPrivate(range: Range): boolean {
  return ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].some((text) => contains(rangeOf(text), range));
}

/** Like parseRange, for text that has been checked before. */
export function rangeOf(text: string): Range {
  const range = parseRange(text);
  if (!range) throw new RangeError(`${text} is not an IPv4 range such as 10.0.0.0/16`);
  return range;
}
