import { isIP } from 'node:net';
import type { Problem } from '../errors';
import { contains, parseRange, type Range } from './cidr';

/** Hetzner's recursive name servers: docs.hetzner.com/dns-console/dns/general/recursive-name-servers. */
export const RESOLVERS: readonly string[] = ['185.12.64.1', '185.12.64.2'];
/** libc looks at no more than three (MAXNS, resolv.conf(5)). */
const MOST = 3;

/** Undefined if hosts can ask all of them. @param network the private one, if it is known */
export function resolversProblem(prop: string, got: readonly string[], network: Range | undefined): Problem | undefined {
  const addresses = got.every((address) => isIP(address) !== 0) && new Set(got).size === got.length && got.length <= MOST;
  const inside = (address: string) => network !== undefined && contains(network, parseRange(`${address}/32`) ?? NOWHERE);
  if (addresses && got.some((address) => isIP(address) === 4) && !got.some(inside)) return undefined;
  const want = 'one to three addresses outside of the private network, each once, and one of IPv4 among them';
  return {
    code: 'resolvers',
    prop,
    got,
    want,
    fix: `hosts without a public address have no IPv6; leave it out for ${RESOLVERS.join(' and ')}, which are Hetzner's`,
  };
}

const NOWHERE: Range = { first: -1, last: -1, prefix: 32 };
