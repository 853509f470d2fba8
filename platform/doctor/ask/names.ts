import { Resolver } from 'node:dns/promises';
import type { CaaRecord, NameFacts } from '../facts';
import { asked } from './asked';

/** What is asked of the DNS. */
export type NameResolver = Pick<Resolver, 'resolve4' | 'resolve6' | 'resolveCaa'>;

/** @param servers addresses of resolvers, each perhaps with a port. @default those of this machine */
export function newResolver(servers?: readonly string[]): NameResolver {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  if (servers) resolver.setServers(servers);
  return resolver;
}

export async function askNames(names: readonly string[], resolver: NameResolver): Promise<Record<string, NameFacts>> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await askName(name, resolver)] as const)));
}

async function askName(name: string, resolver: NameResolver): Promise<NameFacts> {
  const [a, aaaa, caa] = await Promise.all([
    asked(() => orNone(resolver.resolve4(name))),
    asked(() => orNone(resolver.resolve6(name))),
    asked(() => climb(name, resolver)),
  ]);
  return { a, aaaa, caa };
}

/** RFC 8659: the records of the nearest name upwards that has any. */
async function climb(name: string, resolver: NameResolver): Promise<{ at: string; records: readonly CaaRecord[] } | null> {
  for (let at = name; at !== ''; at = at.split('.').slice(1).join('.')) {
    const records = await orNone<CaaRecord>(resolver.resolveCaa(at) as unknown as Promise<CaaRecord[]>);
    if (records.length > 0) return { at, records };
  }
  return null;
}

/** That there is no such name or record is an answer. */
async function orNone<T>(question: Promise<T[]>): Promise<T[]> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENODATA', 'ENOTFOUND'].includes(String(error.code))) return [];
    throw error;
  }
}
