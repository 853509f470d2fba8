/** What floating IPs and Primary IPs have in common: reverse DNS and the protection. */
import { z } from 'zod';
import { invalidInput } from './errors';
import type { FloatingIp, PrimaryIp } from './models';

export const pointerSchema = z.strictObject({ ip: z.string(), dns_ptr: z.string().min(1).max(253).nullable() });

type PublicAddress = FloatingIp | PrimaryIp;

const defaultPointer = (ip: string): string => `static.${ip.split('.').reverse().join('.')}.clients.your-server.de`;

/** An IPv4 always has a pointer; of an IPv6 network only those are listed that were set. */
export function renderPointers(address: PublicAddress): readonly { ip: string; dns_ptr: string }[] {
  const pointers = address.type === 'ipv4' ? { [address.ip]: defaultPointer(address.ip), ...address.pointers } : address.pointers;
  return Object.entries(pointers).map(([ip, dns_ptr]) => ({ ip, dns_ptr }));
}

export function covers(address: PublicAddress, ip: string): boolean {
  return address.type === 'ipv4' ? address.ip === ip : ip.startsWith(address.ip.replace(/:\/64$/, ''));
}

/** @throws invalid_input; null goes back to the default */
export function checkPointer(address: PublicAddress, { ip, dns_ptr }: z.output<typeof pointerSchema>): void {
  if (!covers(address, ip)) throw invalidInput('ip', `'${ip}' is not of this resource`);
  if (dns_ptr !== null && !/^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?)*\.?$/.test(dns_ptr)) {
    throw invalidInput('dns_ptr', `'${dns_ptr}' is not a host name`);
  }
}

export function setPointer(address: PublicAddress, { ip, dns_ptr }: z.output<typeof pointerSchema>): void {
  const others = Object.entries(address.pointers).filter(([each]) => each !== ip);
  address.pointers = Object.fromEntries(dns_ptr === null ? others : [...others, [ip, dns_ptr]]);
}
