import { isIPv6 } from 'node:net';
import type { Problem } from '../errors';
import { formatRange, parseAddress, parseRange } from './cidr';

/** Undefined if it is a name that a certificate can be for. */
export function domainProblem(prop: string, got: string): Problem | undefined {
  const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
  if (got.length <= 253 && new RegExp(`^(${label}\\.)+${label}$`).test(got) && parseAddress(got) === undefined) return undefined;
  const meant = got.toLowerCase().replace(/^[a-z]+:\/\//, '').replace(/[/:].*$/, '').replace(/\.$/, '');
  const fix = meant !== got && domainProblem(prop, meant) === undefined ? `did you mean ${meant}?` : 'a name has no scheme, port, path or wildcard';
  return { code: 'domain', prop, got, want: 'a name such as www.example.com', fix };
}

/** Undefined if it is an IPv4 or IPv6 range in canonical CIDR notation. A near miss is answered with what was probably meant. */
export function sourceProblem(prop: string, got: string): Problem | undefined {
  if (parseRange(got) ?? isIPv6Range(got)) return undefined;
  const meant = probablyMeant(got);
  const fix = meant ? `did you mean ${meant}?` : 'write an address and the number of bits that have to match';
  return { code: 'cidr', prop, got, want: 'a range such as 203.0.113.0/24 or 2001:db8::/32', fix };
}

/** Whether an ACME directory is one of Let's Encrypt, as it is without a URL. */
export function isLetsEncrypt(directoryUrl?: string): boolean {
  return directoryUrl === undefined || /\.letsencrypt\.org\//.test(directoryUrl);
}

function isIPv6Range(text: string): boolean | undefined {
  const [address = '', mask = ''] = text.split('/');
  return (isIPv6(address) && /^\d{1,3}$/.test(mask) && Number(mask) <= 128) || undefined;
}

/** 203.0.113.5 is a host, 203.0.113.0 a network; 10.0.1.7/24 has bits to the right of its mask. */
function probablyMeant(text: string): string | undefined {
  const [base = '', mask] = text.split('/');
  if (isIPv6(base)) return mask === undefined ? `${base}/${base.endsWith('::') ? 64 : 128}` : undefined;
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
