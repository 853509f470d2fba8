import { z } from 'zod';
import { TIERS, type Tier } from '../../lib/net/address-plan';

/** The kinds of resources whose names are unique in a Hetzner project, by Terraform's type. */
export const KINDS = {
  hcloud_server: 'server',
  hcloud_network: 'network',
  hcloud_firewall: 'firewall',
  hcloud_placement_group: 'placement group',
  hcloud_volume: 'volume',
  hcloud_floating_ip: 'floating IP',
  hcloud_ssh_key: 'SSH key',
} as const;
export type ResourceType = keyof typeof KINDS;

/** Something that the stack wants in the Hetzner project. */
export interface Planned {
  /** In Terraform's state, e.g. `hcloud_server.web_web-1_server_D979C390`. */
  readonly address: string;
  readonly type: ResourceType;
  readonly name: string;
}

export interface PlannedServer extends Planned {
  readonly tier: Tier;
  readonly serverType: string;
  readonly location: string;
  /** Name, or the number of a snapshot. */
  readonly image: string;
  readonly publicIpv4: boolean;
  readonly publicIpv6: boolean;
}

export interface PlannedVolume extends Planned {
  readonly tier: Tier;
  readonly location: string;
  /** GB. */
  readonly size: number;
}

export interface Variable {
  readonly name: string;
  /** Undefined: it has to be given. */
  readonly default?: string | undefined;
}

/** What an environment of main.ts is, as far as its synthesized stack tells. */
export interface Environment {
  readonly name: string;
  readonly servers: readonly PlannedServer[];
  readonly volumes: readonly PlannedVolume[];
  readonly floatingIp: Planned & { readonly location: string };
  /** Whatever has a name in the project, servers, volumes and floating IP among them. */
  readonly named: readonly Planned[];
  readonly variables: readonly Variable[];
  /** Of Terraform's block `terraform`: `backend` or `cloud`, where the state is. */
  readonly state: { readonly backend?: unknown; readonly cloud?: unknown };
  /** Names that visitors use; the first is the main one. */
  readonly domains: readonly string[];
  readonly certificate: {
    readonly mode: 'self-signed' | 'files' | 'cloudflare-origin' | 'acme';
    /** Whether the ACME server is one of Let's Encrypt. */
    readonly letsEncrypt: boolean;
    /** When the certificate of mode `files` ends. */
    readonly ownEnd?: Date | undefined;
  };
  /** That a load balancer takes at the same time; version 0.1.0 does not say it. */
  readonly connections?: number | undefined;
  readonly cloudflare?: { readonly zone: string; readonly proxied: boolean } | undefined;
  /** Who a deploy logs in as. */
  readonly sshUser: string;
}

const labels = z.object({ tier: z.enum(TIERS) });
const byId = <T extends z.ZodType>(block: T) => z.record(z.string(), block).default({});
const named = z.object({ name: z.string() });

/** It becomes a word of ssh's configuration. */
const loginName = z.string().regex(/^[a-z_][a-z0-9_-]*$/);

/** Of resources by their ids, those that cost something. */
const orderedSchema = z.object({
  hcloud_server: byId(
    named.extend({
      labels,
      server_type: z.string(),
      location: z.string(),
      image: z.string(),
      public_net: z.array(z.object({ ipv4_enabled: z.boolean(), ipv6_enabled: z.boolean() })),
    }),
  ),
  hcloud_volume: byId(named.extend({ labels, location: z.string(), size: z.number() })),
  hcloud_floating_ip: byId(named.extend({ home_location: z.string() })),
});

const stackSchema = z.object({
  terraform: z.object({ backend: z.unknown().optional(), cloud: z.unknown().optional() }),
  variable: z.record(z.string(), z.object({ default: z.string().optional() })),
  locals: z.object({
    platform: z.object({
      domains: z.array(z.string()).min(1),
      certificate: z.enum(['self-signed', 'files', 'cloudflare-origin', 'acme']),
      lets_encrypt: z.boolean(),
      connections: z.number().optional(),
      cloudflare: z.object({ zone: z.string(), proxied: z.boolean() }).optional(),
    }),
    own_certificate_end: z.coerce.date().optional(),
  }),
  resource: orderedSchema.extend({
    hcloud_network: byId(named),
    hcloud_firewall: byId(named),
    hcloud_placement_group: byId(named),
    hcloud_ssh_key: byId(named),
    /** The steps of a deploy, most of which log in to a server. */
    terraform_data: byId(z.object({ connection: z.object({ user: loginName }).optional() })),
  }),
});

/**
 * @param json content of cdk.tf.json
 * @throws ZodError when it is not a stack of PlatformStack
 */
export function readStack(name: string, json: unknown): Environment {
  const { terraform, variable, locals, resource } = stackSchema.parse(json);
  const all = <T extends ResourceType>(type: T) =>
    Object.entries(resource[type]).map(([id, block]) => ({ ...(block as (typeof resource)[T][string]), address: `${type}.${id}`, type }));
  const { servers, volumes, floatingIp } = orderedOf(resource);
  if (!floatingIp) throw new Error(`the stack ${name} has no floating IP`);
  return {
    name,
    servers,
    volumes,
    floatingIp,
    named: (Object.keys(KINDS) as ResourceType[]).flatMap((type) =>
      all(type).map(({ address, name: text }) => ({ address, type, name: text })),
    ),
    variables: Object.entries(variable).map(([text, { default: absent }]) => ({ name: text, default: absent })),
    state: { backend: terraform.backend, cloud: terraform.cloud },
    domains: locals.platform.domains,
    certificate: { mode: locals.platform.certificate, letsEncrypt: locals.platform.lets_encrypt, ownEnd: locals.own_certificate_end },
    connections: locals.platform.connections,
    cloudflare: locals.platform.cloudflare,
    sshUser: Object.values(resource.terraform_data).find(({ connection }) => connection)?.connection?.user ?? 'root',
  };
}

/** What costs something. */
export interface Ordered extends Pick<Environment, 'servers' | 'volumes'> {
  /** Undefined before the first deploy. */
  readonly floatingIp?: Environment['floatingIp'] | undefined;
}

/**
 * @param resource blocks by type and id, of a synthesized stack or with the attributes of a state
 * @throws ZodError when they are not those of PlatformStack
 */
export function readOrdered(resource: unknown): Ordered {
  return orderedOf(orderedSchema.parse(resource));
}

function orderedOf(resource: z.output<typeof orderedSchema>): Ordered {
  const addressed = <T extends keyof typeof resource>(type: T) =>
    Object.entries(resource[type]).map(([id, block]) => ({ ...(block as (typeof resource)[T][string]), address: `${type}.${id}`, type }));
  const servers = addressed('hcloud_server')
    .map(({ address, type, name, labels: { tier }, server_type: serverType, location, image, public_net }): PlannedServer => ({
      address,
      type,
      name,
      tier,
      serverType,
      location,
      image,
      publicIpv4: public_net.some((net) => net.ipv4_enabled),
      publicIpv6: public_net.some((net) => net.ipv6_enabled),
    }))
    .sort((one, other) => TIERS.indexOf(one.tier) - TIERS.indexOf(other.tier));
  const volumes = addressed('hcloud_volume').map(({ address, type, name, labels: { tier }, location, size }): PlannedVolume => ({
    address,
    type,
    name,
    tier,
    location,
    size,
  }));
  const [floatingIp] = addressed('hcloud_floating_ip').map(({ address, type, name, home_location: location }) => ({
    address,
    type,
    name,
    location,
  }));
  return { servers, volumes, floatingIp };
}
