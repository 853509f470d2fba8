import { z } from 'zod';
import type { ResourceType } from '../environment/stack';
import { ApiRefusal, type HetznerApi } from './api';

const amount = z.object({ net: z.coerce.number() });
const monthly = z.array(z.object({ location: z.string(), price_monthly: amount }));
const deprecation = z.object({ unavailable_after: z.coerce.date() }).nullish();

const serverTypeSchema = z.object({
  name: z.string(),
  architecture: z.enum(['x86', 'arm']),
  cpu_type: z.string(),
  cores: z.number(),
  /** GB. */
  memory: z.number(),
  /** GB. */
  disk: z.number(),
  deprecation,
  prices: monthly,
  locations: z.array(z.object({ name: z.string(), available: z.boolean(), deprecation })),
});
export type ServerType = z.output<typeof serverTypeSchema>;

const imageSchema = z.object({
  id: z.number(),
  name: z.string().nullable(),
  architecture: z.enum(['x86', 'arm']),
  status: z.string(),
  deprecated: z.coerce.date().nullable(),
});
export type Image = z.output<typeof imageSchema>;

const pricingSchema = z.object({
  currency: z.string(),
  /** Percent. */
  vat_rate: z.coerce.number(),
  floating_ips: z.array(z.object({ type: z.string(), prices: monthly })),
  primary_ips: z.array(z.object({ type: z.string(), prices: monthly })),
  volume: z.object({ price_per_gb_month: amount }),
});
export type Pricing = z.output<typeof pricingSchema>;

/** One thing of the project, as far as names go. */
export interface Item {
  readonly id: number;
  readonly name: string;
  /** Of a floating IP. */
  readonly ip?: string | undefined;
  /** Of an SSH key: MD5, with colons. */
  readonly fingerprint?: string | undefined;
  /** Of a server: its type's name. */
  readonly serverType?: string | undefined;
}
export type Items = Readonly<Record<ResourceType, readonly Item[]>>;

/** What the API says of the project, and of what Hetzner sells. */
export interface HetznerProject {
  readonly items: Items;
  readonly serverTypes: readonly ServerType[];
  /** System images, and the snapshots that were asked for by number. */
  readonly images: readonly Image[];
  readonly pricing: Pricing;
}

const item = z
  .object({
    id: z.number(),
    name: z.string(),
    ip: z.string().optional(),
    fingerprint: z.string().optional(),
    server_type: z.object({ name: z.string() }).optional(),
  })
  .transform(({ server_type, ...rest }): Item => ({ ...rest, serverType: server_type?.name }));

/** Where the API lists what. */
const LISTS: Readonly<Record<ResourceType, string>> = {
  hcloud_server: 'servers',
  hcloud_network: 'networks',
  hcloud_firewall: 'firewalls',
  hcloud_placement_group: 'placement_groups',
  hcloud_volume: 'volumes',
  hcloud_floating_ip: 'floating_ips',
  hcloud_ssh_key: 'ssh_keys',
};

export async function readItems(api: HetznerApi): Promise<Items> {
  const lists = await Promise.all(Object.entries(LISTS).map(async ([type, key]) => [type, await api.list(key, item)] as const));
  return Object.fromEntries(lists) as unknown as Items;
}

/** @param images names of system images, and numbers of snapshots */
export async function readProject(api: HetznerApi, images: readonly string[]): Promise<HetznerProject> {
  const [items, prices, ...found] = await Promise.all([readItems(api), readPrices(api), ...images.map((image) => readImage(api, image))]);
  return { items, ...prices, images: found.flat() };
}

/** What Hetzner sells, and for how much. */
export async function readPrices(api: HetznerApi): Promise<Pick<HetznerProject, 'serverTypes' | 'pricing'>> {
  const [serverTypes, { pricing }] = await Promise.all([
    api.list('server_types', serverTypeSchema),
    api.get('/pricing', z.object({ pricing: pricingSchema })),
  ]);
  return { serverTypes, pricing };
}

async function readImage(api: HetznerApi, image: string): Promise<Image[]> {
  if (!/^\d+$/.test(image)) return api.list('images', imageSchema, { name: image, include_deprecated: 'true' });
  try {
    return [(await api.get(`/images/${image}`, z.object({ image: imageSchema }))).image];
  } catch (error) {
    if (error instanceof ApiRefusal && error.code === 'not_found') return [];
    throw error;
  }
}
