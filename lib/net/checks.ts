import { isIPv6 } from 'node:net';
import type { Problem } from '../errors';
import { formatRange, parseAddress, parseRange } from './cidr';

/** Undefined if it is a name that a certificate can be for. */
export function domainProblem(prop: string, got: string): Problem | undefined {
  const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
  if (got.length <= 253 && new RegExp(`^(${label}\\.)+${label}$`).test(got) && parseAddress(got) === undefined) return undefined;
  const meant = got
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/[/:].*$/, '')
    .replace(/\.$/, '');
  const fix =
    meant !== got && domainProblem(prop, meant) === undefined ? `did you mean ${meant}?` : 'a name has no scheme, port, path or wildcard';
  return { code: 'domain', prop, got, want: 'a name such as www.example.com', fix };
}

/** Undefined if it is an IPv4 or IPv6 range in canonical CIDR notation. A near miss is answered with what was probably meant. */
export function sourceProblem(prop: string, got: string): Problem | undefined {
  if (typeof got !== 'string')
    return { code: 'cidr', prop, got, want: 'a range such as 203.0.113.0/24 or 2001:db8::/32', fix: 'write it as text' };
  if (parseRange(got) || isIPv6Range(got)) return undefined;
  const meant = probablyMeant(got);
  const fix = meant ? `did you mean ${meant}?` : 'write an address and the number of bits that have to match';
  return { code: 'cidr', prop, got, want: 'a range such as 203.0.113.0/24 or 2001:db8::/32', fix };
}

/**
 * An address to which a token may be sent: by TLS, or to this machine. The source of a regular expression, as JavaScript and Terraform read
 * it alike. Of the whole address, or http://127.example.test and http://localhost:1@example.test would pass; hosts keep it in a line of a
 * file.
 */
export const ADDRESS_FOR_TOKENS = [
  String.raw`^(https://[A-Za-z0-9.-]+|https://\[[0-9A-Fa-f:]+\]|http://(127(\.[0-9]+){3}|localhost))`,
  '(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?$',
].join('');

/** Whether it is one of {@link ADDRESS_FOR_TOKENS}: commands of operators ask before any plan does. */
export function isAddressForTokens(address: string): boolean {
  return new RegExp(ADDRESS_FOR_TOKENS).test(address);
}

export const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';

/** Whether an ACME directory is one of Let's Encrypt. */
export function isLetsEncrypt(directoryUrl = LETS_ENCRYPT): boolean {
  return /\.letsencrypt\.org\//.test(directoryUrl);
}

function isIPv6Range(text: string): boolean {
  return canonicalIPv6Range(text) === text.toLowerCase();
}

/**
 * As all daemons can read it: nft refuses some notations of the same address. Undefined for what is no range at all, such as
 * fe80::1%eth0/64, which is one to Node.
 */
function canonicalIPv6Range(text: string): string | undefined {
  const [, address = '', mask = ''] = /^([0-9a-f:.]+)\/(\d{1,3})$/i.exec(text) ?? [];
  if (!isIPv6(address) || Number(mask) > 128) return undefined;
  const bits = groupsOf(address).reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
  const free = 128n - BigInt(mask);
  return `${formatIPv6((bits >> free) << free)}/${Number(mask)}`;
}

function groupsOf(address: string): number[] {
  // The shortest form has no dots, and at most one gap
  const [left = '', right] = shortest(address).split('::');
  const groups = (part: string) =>
    part
      .split(':')
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16));
  const [before, after] = [groups(left), groups(right ?? '')];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

function formatIPv6(bits: bigint): string {
  return shortest([112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n].map((shift) => ((bits >> shift) & 0xffffn).toString(16)).join(':'));
}

/** RFC 5952, by the rules of URLs. */
function shortest(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** 203.0.113.5 is a host, 203.0.113.0 a network; 10.0.1.7/24 has bits to the right of its mask. */
function probablyMeant(text: string): string | undefined {
  const canonical = canonicalIPv6Range(text);
  if (canonical) return canonical;
  const [base = '', mask] = text.split('/');
  if (isIPv6(base) && !base.includes('%')) return mask === undefined ? `${base}/${base.endsWith('::') ? 64 : 128}` : undefined;
  const address = parseAddress(base);
  if (address === undefined) return undefined;
  if (mask === undefined) return `${base}/${prefixByZeros(address)}`;
  const prefix = Number(mask);
  if (!/^\d{1,2}$/.test(mask) || prefix > 32) return undefined;
  return formatRange({ first: address - (address % 2 ** (32 - prefix)), prefix });
}

function prefixByZeros(address: number): number {
  if (address === 0) return 0;
  const zeroOctets = [1, 2, 3].filter((octets) => address % 256 ** octets === 0).length;
  return 32 - 8 * zeroOctets;
}
