import { get, inZone, paged, type Route } from './requests';
import type { Account, Zone } from './account';

const FILTERS = ['name', 'account.id', 'account.name', 'status', 'match', 'order', 'direction'];

export const routes: readonly Route[] = [
  get('/zones', FILTERS, (call) => {
    const wanted = (name: string, value: string): boolean => !call.query.has(name) || call.query.get(name) === value;
    const found = [...call.account.zones.values()].filter(
      (zone) =>
        wanted('name', zone.name) &&
        wanted('account.id', zone.account.id) &&
        wanted('account.name', zone.account.name) &&
        wanted('status', 'active'),
    );
    return paged(
      call,
      found.map((zone) => renderZone(zone, call.mayEdit)),
    );
  }),
  get(
    '/zones/:zone',
    [],
    inZone(({ zone, mayEdit }) => ({ result: renderZone(zone, mayEdit) })),
  ),
];

const READS = ['#dns_records:read', '#ssl:read', '#zone:read', '#zone_settings:read'];
const EDITS = ['#dns_records:edit', '#ssl:edit', '#zone_settings:edit'];

/** @param mayEdit right of the client: `permissions` are the client's, not the zone's */
function renderZone({ id, name, account, createdOn }: Zone, mayEdit: boolean): object {
  return {
    id,
    name,
    status: 'active',
    paused: false,
    type: 'full',
    development_mode: 0,
    name_servers: ['ada.ns.cloudflare.com', 'bob.ns.cloudflare.com'],
    original_name_servers: ['ns1.example.net', 'ns2.example.net'],
    original_registrar: null,
    original_dnshost: null,
    modified_on: createdOn,
    created_on: createdOn,
    activated_on: createdOn,
    vanity_name_servers: [],
    vanity_name_servers_ips: null,
    meta: { step: 4, custom_certificate_quota: 0, page_rule_quota: 3, phishing_detected: false },
    owner: { id: null, type: 'user', email: null },
    account,
    tenant: { id: null, name: null },
    tenant_unit: { id: null },
    permissions: [...READS, ...(mayEdit ? EDITS : [])].sort(),
    plan: {
      id: '0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee',
      name: 'Free Website',
      price: 0,
      currency: 'USD',
      frequency: '',
      is_subscribed: false,
      can_subscribe: false,
      legacy_id: 'free',
      legacy_discount: false,
      externally_managed: false,
    },
  };
}

export const renderZones = (account: Account): readonly object[] => [...account.zones.values()].map((zone) => renderZone(zone, true));
