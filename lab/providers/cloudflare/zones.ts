import { number, text } from '../protocol/read';
import { isObject, type ObjectValue, type State, type Value } from '../protocol/value';
import { numeric, time, type CloudflareDataSource, type Fields } from './common';

export const zone: CloudflareDataSource = {
  validation: { exactlyOneOf: [['zone_id', 'filter']] },
  async read({ client, config, signal }) {
    let id = text(config['zone_id']);
    if (isObject(config['filter'])) {
      const found = await client.page<Fields>('/zones', queryOf(config['filter']), signal);
      if (found.length !== 1) throw new Error(`failed to find exactly one result: ${found.length} found`);
      id = text(found[0]?.['id']);
      if (id === '') throw new Error('missing required zone_id parameter');
    }
    return { ...zoneAttributes(await client.get<Fields>(`/zones/${id}`, signal)), id, zone_id: id };
  },
};

export const zones: CloudflareDataSource = {
  async read({ client, config, signal }) {
    const most = number(config['max_items']) || Number.POSITIVE_INFINITY;
    const result: ObjectValue[] = [];
    // Pages are asked for until one is empty: what the API says of their number does not count.
    for (let page = 1; result.length < most; page++) {
      const found = await client.page<Fields>('/zones', { ...queryOf(config), ...(page === 1 ? {} : { page: String(page) }) }, signal);
      if (found.length === 0) break;
      result.push(...found.map(zoneAttributes));
    }
    return { result: result.slice(0, most) };
  },
};

export const ipRanges: CloudflareDataSource = {
  async read({ client, config, signal }) {
    const networks = text(config['networks']);
    const found = await client.get<Fields | null>(networks === '' ? '/ips' : `/ips?networks=${encodeURIComponent(networks)}`, signal);
    const list = (name: string): Value => found?.[name] ?? null;
    return { etag: list('etag'), ipv4_cidrs: list('ipv4_cidrs'), ipv6_cidrs: list('ipv6_cidrs'), jdcloud_cidrs: list('jdcloud_cidrs') };
  },
};

/** In the order of the alphabet, as the real client sends it. */
function queryOf(filter: ObjectValue): Record<string, string> {
  const account = isObject(filter['account']) ? filter['account'] : {};
  const all: readonly (readonly [string, Value | undefined])[] = [
    ['account.id', account['id']],
    ['account.name', account['name']],
    ['direction', filter['direction']],
    ['match', filter['match']],
    ['name', filter['name']],
    ['order', filter['order']],
    ['status', filter['status']],
  ];
  return Object.fromEntries(all.flatMap(([name, value]) => (text(value) === '' ? [] : [[name, text(value)]])));
}

const pick = (from: Value | undefined, names: readonly string[]): Value =>
  isObject(from) ? Object.fromEntries(names.map((name) => [name, from[name] ?? null])) : null;

function zoneAttributes(found: Fields): State {
  const plain = [
    'id',
    'name',
    'status',
    'paused',
    'type',
    'name_servers',
    'original_dnshost',
    'original_name_servers',
    'original_registrar',
    'permissions',
    'vanity_name_servers',
    'verification_key',
    'cname_suffix',
  ];
  return {
    ...Object.fromEntries(plain.map((name) => [name, found[name] ?? null])),
    development_mode: numeric(found['development_mode']),
    activated_on: time(found['activated_on']),
    created_on: time(found['created_on']),
    modified_on: time(found['modified_on']),
    account: pick(found['account'], ['id', 'name']),
    meta: pick(found['meta'], [
      'cdn_only',
      'custom_certificate_quota',
      'dns_only',
      'foundation_dns',
      'page_rule_quota',
      'phishing_detected',
      'step',
    ]),
    owner: pick(found['owner'], ['id', 'name', 'type']),
    plan: pick(found['plan'], [
      'can_subscribe',
      'currency',
      'externally_managed',
      'frequency',
      'id',
      'is_subscribed',
      'legacy_discount',
      'legacy_id',
      'name',
      'price',
    ]),
    tenant: pick(found['tenant'], ['id', 'name']),
    tenant_unit: pick(found['tenant_unit'], ['id']),
  };
}
