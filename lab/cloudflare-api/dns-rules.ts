import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { invalid, invalidRecord } from './errors';
import type { DnsRecord, Account, Zone } from './account';

export const TYPES = ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'TXT'] as const;
export const isProxiable = (type: string): boolean => ['A', 'AAAA', 'CNAME'].includes(type);

const LABEL = /^(\*|[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)$/;

/** `@`, a short and a full name all become the full one. */
export function fullName(name: string, zone: Zone): string {
  const ascii =
    name === '@' ? zone.name : domainToASCII(name.replaceAll('_', 'xunderscorex')).replaceAll('xunderscorex', '_').replace(/\.$/, '');
  const full = ascii === zone.name || ascii.endsWith(`.${zone.name}`) ? ascii : `${ascii}.${zone.name}`;
  if (full.length > 253 || !full.split('.').every((label) => LABEL.test(label))) throw invalidRecord(9000, 'DNS name is invalid.');
  return full;
}

/** Content as Cloudflare keeps it. */
export function normalContent(type: string, content: string): string {
  switch (type) {
    case 'A':
      if (!isIPv4(content)) throw invalidRecord(9005, 'Content for A record must be a valid IPv4 address.');
      return content;
    case 'AAAA':
      if (!isIPv6(content)) throw invalidRecord(9006, 'Content for AAAA record must be a valid IPv6 address.');
      return new URL(`http://[${content}]`).hostname.slice(1, -1);
    case 'CNAME':
    case 'MX':
    case 'NS': {
      const host = domainToASCII(content.replaceAll('_', 'xunderscorex')).replaceAll('xunderscorex', '_').replace(/\.$/, '');
      if (host === '') throw invalidRecord(9007, `Content for ${type} record is invalid.`);
      return host;
    }
    default:
      if (content === '') throw invalidRecord(9009, 'Content for TXT record must not be empty.');
      return content;
  }
}

export function checkTtl(ttl: number): void {
  if (ttl !== 1 && (ttl < 60 || ttl > 86_400))
    throw invalidRecord(9021, 'Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.');
}

export function checkProxied(type: string, proxied: boolean): void {
  if (proxied && !isProxiable(type)) throw invalidRecord(9004, `This record type cannot be proxied: ${type}.`);
}

/** One name may have several addresses, but a CNAME stands alone. */
export function checkConflicts(account: Account, record: DnsRecord): void {
  const others = [...account.records.values()].filter(
    ({ id, zoneId, name }) => id !== record.id && zoneId === record.zoneId && name === record.name,
  );
  if (others.some(({ type, content }) => type === record.type && content === record.content))
    throw invalid(81058, 'An identical record already exists.');
  const addressLike = isProxiable(record.type);
  if (record.type === 'CNAME' && others.some(({ type }) => isProxiable(type)))
    throw invalid(81053, 'An A, AAAA, or CNAME record with that host already exists.');
  if (addressLike && others.some(({ type }) => type === 'CNAME')) throw invalid(81054, 'A CNAME record with that host already exists.');
}
