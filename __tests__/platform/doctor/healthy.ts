import type { Environment, Planned, ResourceType } from '../../../platform/environment/stack';
import type { Facts } from '../../../platform/doctor/facts';
import type { Finding } from '../../../platform/doctor/finding';
import type { HetznerProject, Item, Items, ServerType } from '../../../platform/hetzner/project';

/** A pair that was made for this test, and is used nowhere. */
export const PUBLIC_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKvt4XLrmfhX2+Wn/Ex+/iyzJCXiZ2CkqYGhUFplqUaf test';
export const ADDRESS = '198.51.100.10';
export const NOW = new Date('2026-11-29T12:00:00Z');

const planned = (type: ResourceType, name: string): Planned => ({ type, name, address: `${type}.${name}` });

/** Two servers of one tier and what belongs to them: enough for every check. */
export const ENVIRONMENT: Environment = {
  name: 'shop',
  servers: [
    {
      ...planned('hcloud_server', 'lb-1'),
      tier: 'lb',
      serverType: 'cx23',
      location: 'fsn1',
      image: 'debian-13',
      publicIpv4: true,
      publicIpv6: true,
    } as const,
    {
      ...planned('hcloud_server', 'db-1'),
      tier: 'mysql',
      serverType: 'ccx13',
      location: 'fsn1',
      image: 'debian-13',
      publicIpv4: false,
      publicIpv6: false,
    } as const,
  ],
  volumes: [{ ...planned('hcloud_volume', 'db-1-data'), tier: 'mysql', location: 'fsn1', size: 100 }],
  floatingIp: { ...planned('hcloud_floating_ip', 'platform'), location: 'fsn1' },
  named: [
    planned('hcloud_server', 'lb-1'),
    planned('hcloud_server', 'db-1'),
    planned('hcloud_volume', 'db-1-data'),
    planned('hcloud_floating_ip', 'platform'),
    planned('hcloud_network', 'platform'),
    planned('hcloud_ssh_key', 'platform'),
  ],
  variables: [
    { name: 'hcloud_token' },
    { name: 'failover_token' },
    { name: 'hcloud_endpoint', default: 'https://api.hetzner.cloud/v1' },
    { name: 'ssh_public_key' },
    { name: 'mysql_replication_password' },
  ],
  state: { backend: { local: { path: 'terraform.shop.tfstate' } } },
  domains: ['www.example.com'],
  certificate: { mode: 'self-signed', letsEncrypt: false },
  connections: 20_000,
  sshUser: 'root',
};

export const EMPTY: Items = {
  hcloud_server: [],
  hcloud_network: [],
  hcloud_firewall: [],
  hcloud_placement_group: [],
  hcloud_volume: [],
  hcloud_floating_ip: [],
  hcloud_ssh_key: [],
};

export function serverType(
  name: string,
  given: Partial<ServerType> & { readonly price?: number; readonly available?: boolean; readonly sold?: readonly string[] } = {},
): ServerType {
  const { price = 5.99, available = true, sold = ['fsn1', 'nbg1'], ...rest } = given;
  return {
    name,
    architecture: 'x86',
    cpu_type: 'shared',
    cores: 2,
    memory: 4,
    disk: 40,
    deprecation: null,
    prices: sold.map((location) => ({ location, price_monthly: { net: price } })),
    locations: sold.map((location) => ({ name: location, available, deprecation: null })),
    ...rest,
  };
}

const everywhere = (net: number) => ['fsn1', 'nbg1'].map((location) => ({ location, price_monthly: { net } }));

export const PROJECT: HetznerProject = {
  items: EMPTY,
  serverTypes: [
    serverType('cx23'),
    serverType('cpx22', { price: 7.99, disk: 80 }),
    serverType('ccx13', { price: 15, cpu_type: 'dedicated', memory: 8, disk: 80 }),
    serverType('cax11', { architecture: 'arm', price: 3 }),
  ],
  images: [{ id: 1, name: 'debian-13', architecture: 'x86', status: 'available', deprecated: null }],
  pricing: {
    currency: 'EUR',
    vat_rate: 19,
    floating_ips: [{ type: 'ipv4', prices: everywhere(3) }],
    primary_ips: [{ type: 'ipv4', prices: everywhere(0.5) }],
    volume: { price_per_gb_month: { net: 0.044 } },
  },
};

/** Before the first deploy, in an empty project, with nothing wrong. */
export const BEFORE: Facts = {
  now: NOW,
  environment: ENVIRONMENT,
  given: {
    hcloud_token: 'a'.repeat(64),
    failover_token: 'b'.repeat(64),
    hcloud_endpoint: 'https://api.hetzner.cloud/v1',
    ssh_public_key: PUBLIC_KEY,
    mysql_replication_password: 'correct horse battery staple',
  },
  programs: { node: '22.11.0', terraform: '1.11.4', cdktf: '0.21.0', cdktfCli: '0.21.0' },
  state: { answer: new Map() },
  tokens: { hcloud_token: { answer: { mayWrite: true } }, failover_token: { answer: { mayWrite: true } } },
  project: { answer: PROJECT },
  seenByFailover: { answer: EMPTY },
  rateLimit: { limit: 3600, remaining: 3590, fullAt: new Date('2026-11-29T12:00:10Z') },
  names: { 'www.example.com': { a: { answer: [] }, aaaa: { answer: [] }, caa: { answer: null } } },
  certificate: null,
  cloudflare: null,
};

/** After a deploy: state and project have the same. */
export function deployed(given: Partial<Facts> = {}): Facts {
  const items = structuredClone(EMPTY) as Record<ResourceType, Item[]>;
  const state = new Map<string, { id: string }>();
  for (const [index, { type, name, address }] of ENVIRONMENT.named.entries()) {
    items[type].push({
      id: 100 + index,
      name,
      ip: type === 'hcloud_floating_ip' ? ADDRESS : undefined,
      serverType: ENVIRONMENT.servers.find((server) => server.address === address)?.serverType,
    });
    state.set(address, { id: String(100 + index) });
  }
  return {
    ...BEFORE,
    state: { answer: state },
    project: { answer: { ...PROJECT, items } },
    seenByFailover: { answer: items },
    names: { 'www.example.com': { a: { answer: [ADDRESS] }, aaaa: { answer: [] }, caa: { answer: null } } },
    certificate: {
      answer: { issuer: 'www.example.com self-signed CA', endsAt: new Date('2027-11-29T12:00:00Z'), isForName: true, trusted: false },
    },
    ...given,
  };
}

export const withItems = (given: Partial<Items>): Facts['project'] => ({ answer: { ...PROJECT, items: { ...EMPTY, ...given } } });
export const withTypes = (...serverTypes: ServerType[]): Facts['project'] => ({ answer: { ...PROJECT, serverTypes } });

/** `WRONG says -> remedy`, as a test reads them. */
export const lines = (found: readonly Finding[]): string[] =>
  found.map(({ level, says, remedy }) => `${level}: ${says}${remedy === undefined ? '' : ` -> ${remedy}`}`);
export const levels = (found: readonly Finding[]): string[] => found.map(({ level }) => level);
