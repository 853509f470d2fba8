import { ApiError } from './errors';
import type { IpFamily } from './models';

type Purpose = 'primary' | 'floating';

/** Documentation ranges. An address is reused only after the whole pool, because early reuse hides mistakes. */
const POOLS: Readonly<Record<`${Purpose} ${IpFamily}`, { first: number; last: number; format: (index: number) => string }>> = {
  'primary ipv4': { first: 10, last: 99, format: (index) => `203.0.113.${index}` },
  'floating ipv4': { first: 100, last: 250, format: (index) => `203.0.113.${index}` },
  'primary ipv6': { first: 0x10, last: 0xfff, format: (index) => `2001:db8:c:${index.toString(16)}::/64` },
  'floating ipv6': { first: 0x10, last: 0xfff, format: (index) => `2001:db8:f:${index.toString(16)}::/64` },
};

export class AddressPools {
  private readonly last = new Map<string, number>();

  take(purpose: Purpose, family: IpFamily, isUsed: (ip: string) => boolean): string {
    const name = `${purpose} ${family}` as const;
    const pool = POOLS[name];
    const size = pool.last - pool.first + 1;
    const start = this.last.has(name) ? this.last.get(name)! + 1 : pool.first;
    for (let step = 0; step < size; step++) {
      const index = pool.first + ((start - pool.first + step) % size);
      if (isUsed(pool.format(index))) continue;
      this.last.set(name, index);
      return pool.format(index);
    }
    const limit = `${purpose}_ip_limit`;
    throw new ApiError(403, 'resource_limit_exceeded', `${purpose} ip limit exceeded`, { limits: [{ name: limit }] });
  }
}
