import { EDGE, HOSTS } from '../machines/topology';

/** A record of the zone, as its operator wrote it. */
export interface ZoneRecord {
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly proxied: boolean;
}

/** The data of the name servers. */
export interface NamesView {
  /** Such as example.test. */
  readonly zone: string;
  readonly records: readonly ZoneRecord[];
  /** Where an operator without records at Cloudflare has pointed the zone's names by hand; null before the first deploy. */
  readonly floatingIp: string | null;
}

export interface NameAnswer {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'CNAME';
  readonly data: string;
}

/** null: there is no such name. An empty list: the name has nothing of this type. */
export function lookUp(name: string, type: string, view: NamesView): readonly NameAnswer[] | null {
  const asked = name.toLowerCase();
  const found = addressesOf(asked, view);
  if (found === null) return null;
  const alias = found.find((answer) => answer.type === 'CNAME');
  if (alias && type !== 'CNAME' && alias.data !== asked) return [alias, ...(lookUp(alias.data, type, view) ?? [])];
  return found.filter((answer) => answer.type === type);
}

function addressesOf(name: string, { zone, records, floatingIp }: NamesView): readonly NameAnswer[] | null {
  const address = (data: string): NameAnswer => ({ name, type: 'A', data });
  const host = HOSTS[name];
  if (host !== undefined) return [address(host)];
  if (name !== zone && !name.endsWith(`.${zone}`)) return null;
  if (records.length === 0) return floatingIp === null ? null : [address(floatingIp)];
  const own = records.filter((record) => record.name === name);
  if (own.length === 0) return null;
  if (own.some(({ proxied }) => proxied)) return [address(EDGE.address)];
  return own.flatMap(({ type, content }) =>
    type === 'A' || type === 'AAAA' || type === 'CNAME' ? [{ name, type, data: content.toLowerCase() }] : [],
  );
}
