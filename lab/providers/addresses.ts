import { isIP, isIPv4 } from 'node:net';

export interface Cidr {
  readonly address: string;
  readonly bits: number;
}

export function isAddress(text: string): boolean {
  return isIP(text) !== 0;
}

export function parseCidr(text: string): Cidr | null {
  const [address, bits, ...rest] = text.split('/');
  if (address === undefined || bits === undefined || rest.length > 0 || !/^\d{1,3}$/.test(bits) || !isAddress(address)) return null;
  return Number(bits) <= (isIPv4(address) ? 32 : 128) ? { address, bits: Number(bits) } : null;
}

/** A lone address becomes its /32 or /128; IPv6 is brought to its short, lower-case form. Other text stays. */
export function normalizeCidr(text: string): string {
  const cidr = parseCidr(text);
  if (cidr !== null) return `${canonicalAddress(cidr.address)}/${cidr.bits}`;
  return isAddress(text) ? `${canonicalAddress(text)}/${isIPv4(text) ? 32 : 128}` : text;
}

export function canonicalAddress(address: string): string {
  return isIPv4(address) ? address : new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** The first address of the block, as CIDR. */
export function networkOf({ address, bits }: Cidr): string {
  const width = isIPv4(address) ? 32n : 128n;
  const host = width - BigInt(bits);
  return `${formatAddress((toNumber(address) >> host) << host, isIPv4(address))}/${bits}`;
}

export function contains({ address, bits }: Cidr, member: string): boolean {
  return isIPv4(address) === isIPv4(member) && networkOf({ address, bits }) === networkOf({ address: member, bits });
}

function toNumber(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, part) => (sum << 8n) + BigInt(part), 0n);
  return expand(canonicalAddress(address)).reduce((sum, part) => (sum << 16n) + BigInt(parseInt(part, 16)), 0n);
}

function expand(address: string): readonly string[] {
  const [head = '', tail] = address.split('::');
  const parts = (side: string): readonly string[] => (side === '' ? [] : side.split(':'));
  if (tail === undefined) return parts(head);
  const zeroes = 8 - parts(head).length - parts(tail).length;
  return [...parts(head), ...Array<string>(zeroes).fill('0'), ...parts(tail)];
}

function formatAddress(value: bigint, v4: boolean): string {
  if (v4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const parts = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  return canonicalAddress(parts.join(':'));
}

/** 4 or 16 bytes. */
export function addressBytes(address: string): Buffer {
  return Buffer.from(
    toNumber(address)
      .toString(16)
      .padStart(isIPv4(address) ? 8 : 32, '0'),
    'hex',
  );
}
