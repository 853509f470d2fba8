import { failure, ProviderError } from '../protocol/diagnostics';
import type { PlanDraft } from '../protocol/provider';
import { flag, number, text } from '../protocol/read';
import { equal, isObject, isUnknown, isZero, UNKNOWN, type State, type Value } from '../protocol/value';
import { boolish, filled, numeric, oneOf, time, warnGone, zonePath, type CloudflareResource, type Fields } from './common';

const TYPES = [
  'A',
  'AAAA',
  'CAA',
  'CERT',
  'CNAME',
  'DNSKEY',
  'DS',
  'HTTPS',
  'LOC',
  'MX',
  'NAPTR',
  'NS',
  'OPENPGPKEY',
  'PTR',
  'SMIMEA',
  'SRV',
  'SSHFP',
  'SVCB',
  'TLSA',
  'TXT',
  'URI',
];

export const dnsRecord: CloudflareResource = {
  planning: {
    style: 'framework',
    replace: ['type', 'zone_id'],
    defaults: { proxied: false },
    recomputed: ['modified_on'],
    ignoreChange: {
      name: (prior, planned) => isSameName(text(prior), text(planned)),
      content: (prior, planned, plan) => plan['type'] === 'CNAME' && text(prior).toLowerCase() === text(planned).toLowerCase(),
    },
    customize: planTimes,
  },
  validation: {
    attributes: {
      type: oneOf(TYPES, { ignoreCase: true }),
      priority: (value, name) =>
        number(value) >= 0 && number(value) <= 65_535
          ? null
          : failure(
              'Invalid Attribute Value',
              `Attribute ${name} value must be between 0.000000 and 65535.000000, got: ${number(value).toFixed(6)}`,
              name,
            ),
    },
  },
  async create({ client, planned, signal }) {
    if (flag(planned['proxied']) && planned['ttl'] !== 1) {
      throw new ProviderError(
        failure(
          'ttl must be set to 1 when `proxied` is true',
          'When a DNS record is marked as `proxied` the TTL must be 1 as Cloudflare will control the TTL internally.',
        ),
      );
    }
    return filled(
      planned,
      attributes(await client.send<Fields | null>('POST', `${zonePath(planned)}/dns_records`, bodyOf(planned), signal)),
    );
  },
  async read(call) {
    const { client, state, signal } = call;
    const found = await client.find<Fields>(path(state), signal);
    return found === null ? warnGone(call) : attributes(found);
  },
  async update({ client, planned, prior, signal }) {
    const removed = planned['comment'] === null && prior['comment'] !== null ? { comment: null } : {};
    return filled(planned, attributes(await client.send<Fields | null>('PUT', path(prior), { ...bodyOf(planned), ...removed }, signal)));
  },
  // A record that is gone already is an error, as with the real provider.
  delete: ({ client, state, signal }) => client.delete(path(state), signal),
  async importState(id, { client, signal }) {
    const [zoneId = '', recordId = '', ...rest] = id.split('/');
    if (recordId === '' || rest.length > 0)
      throw new ProviderError(failure('invalid ID', `expected urlencoded segments "<zone_id>/<dns_record_id>", got "${id}"`));
    return { zone_id: zoneId, ...attributes(await client.get<Fields>(`/zones/${zoneId}/dns_records/${recordId}`, signal)) };
  },
};

function path(state: State): string {
  const id = text(state['id']);
  if (id === '') throw new ProviderError(failure('failed to make http request', 'missing required dns_record_id parameter'));
  return `${zonePath(state)}/dns_records/${id}`;
}

/** The API answers the full name for `@` and for a short one. */
function isSameName(prior: string, planned: string): boolean {
  return planned === '@' ? prior.includes('.') : planned !== '' && prior.startsWith(`${planned}.`);
}

const SENT = ['name', 'type', 'content', 'ttl', 'proxied', 'comment', 'tags', 'priority', 'settings', 'data'];

function bodyOf(planned: State): Record<string, Value> {
  return Object.fromEntries(SENT.map((name) => [name, withoutNull(planned[name] ?? null)] as const).filter(([, value]) => value !== null));
}

function withoutNull(value: Value): Value {
  if (isUnknown(value)) return null;
  return isObject(value) ? Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null && !isUnknown(part))) : value;
}

/** Comments and tags have times of their own, only while there are any. */
function planTimes({ prior, planned }: PlanDraft): void {
  const plan = (name: string, type: Parameters<typeof equal>[2]): void => {
    const value = planned[name];
    const changed = prior === null || !equal(value, prior[name], type);
    if (changed) planned[`${name}_modified_on`] = isZero(value) ? null : UNKNOWN;
  };
  plan('comment', 'string');
  plan('tags', ['set', 'string']);
}

function attributes(found: Fields | null): State {
  const settings: Fields = isObject(found?.['settings']) ? found['settings'] : {};
  return {
    id: found?.['id'] ?? null,
    name: found?.['name'] ?? null,
    type: found?.['type'] ?? null,
    content: found?.['content'] ?? null,
    ttl: numeric(found?.['ttl']),
    proxied: boolish(found?.['proxied']),
    proxiable: boolish(found?.['proxiable']),
    priority: numeric(found?.['priority']),
    comment: found?.['comment'] ?? null,
    tags: found?.['tags'] ?? null,
    data: found?.['data'] ?? null,
    settings: {
      flatten_cname: settings['flatten_cname'] ?? null,
      ipv4_only: settings['ipv4_only'] ?? null,
      ipv6_only: settings['ipv6_only'] ?? null,
    },
    meta: found?.['meta'] === undefined ? null : JSON.stringify(found['meta']),
    created_on: time(found?.['created_on']),
    modified_on: time(found?.['modified_on']),
    comment_modified_on: time(found?.['comment_modified_on']),
    tags_modified_on: time(found?.['tags_modified_on']),
  };
}
