import { z } from 'zod';
import type { Block, Blocks } from './synthesized';

export type Action = 'create' | 'update' | 'replace' | 'delete';

/** What Terraform would do to one resource. */
export interface Change {
  readonly address: string;
  readonly type: string;
  readonly action: Action;
  /** Names of the attributes that differ; empty for what is created or deleted. */
  readonly attributes: readonly string[];
  readonly before: Block;
  readonly after: Block;
}

/** By address. What stays as it is has none. */
export type Changes = ReadonlyMap<string, Change>;

/** About a resource, not of it. */
const META = new Set(['//', 'connection', 'count', 'depends_on', 'for_each', 'lifecycle', 'provider', 'provisioner']);

/** Attributes whose change makes the provider replace the resource (hcloud 1.68.0, tls 4.1.0, Cloudflare 5.14.0, Terraform itself). */
const REPLACING: Readonly<Record<string, readonly string[]>> = {
  cloudflare_dns_record: ['type', 'zone_id'],
  cloudflare_origin_ca_certificate: ['csr', 'hostnames', 'request_type', 'requested_validity'],
  hcloud_floating_ip: ['type', 'home_location'],
  hcloud_floating_ip_assignment: ['floating_ip_id'],
  hcloud_network: ['ip_range'],
  hcloud_network_route: ['network_id', 'destination', 'gateway'],
  hcloud_network_subnet: ['network_id', 'type', 'network_zone', 'ip_range', 'vswitch_id'],
  hcloud_placement_group: ['type'],
  hcloud_server: ['image', 'location', 'user_data', 'ssh_keys'],
  hcloud_ssh_key: ['public_key'],
  hcloud_volume: ['location'],
  hcloud_volume_attachment: ['volume_id', 'server_id'],
  terraform_data: ['triggers_replace'],
  tls_cert_request: ['dns_names', 'ip_addresses', 'uris', 'subject', 'private_key_pem'],
  tls_locally_signed_cert: [
    'validity_period_hours',
    'allowed_uses',
    'is_ca_certificate',
    'set_subject_key_id',
    'ca_cert_pem',
    'ca_private_key_pem',
    'cert_request_pem',
  ],
  tls_private_key: ['algorithm', 'rsa_bits', 'ecdsa_curve'],
  tls_self_signed_cert: [
    'validity_period_hours',
    'allowed_uses',
    'is_ca_certificate',
    'set_subject_key_id',
    'set_authority_key_id',
    'dns_names',
    'ip_addresses',
    'uris',
    'subject',
    'private_key_pem',
  ],
};

const typeOf = (address: string) => address.slice(0, address.indexOf('.'));

/**
 * What a deploy changes, as far as the configuration tells: what variables hold, and what somebody has changed by hand, only a plan knows.
 * @param before a synthesized stack or, with `isState`, the attributes that a state has
 */
export function compareStacks(before: Blocks, after: Blocks, isState = false): Changes {
  const changes = new Map<string, Change>();
  for (const [address, block] of before) if (!after.has(address)) changes.set(address, changeOf(address, 'delete', [], block, {}));
  for (const [address, block] of after) {
    const old = before.get(address);
    const attributes = old ? attributesOf(old, block, isState).filter((name) => differs(old[name], block[name], isState)) : [];
    const change = old ? ofAttributes(address, attributes, old, block) : changeOf(address, 'create', [], {}, block);
    if (change) changes.set(address, change);
  }
  spread(changes, before, after);
  return changes;
}

function changeOf(address: string, action: Action, attributes: readonly string[], before: Block, after: Block): Change {
  return { address, type: typeOf(address), action, attributes, before, after };
}

function ofAttributes(address: string, attributes: readonly string[], before: Block, after: Block): Change | undefined {
  if (attributes.length === 0) return undefined;
  const replacing = REPLACING[typeOf(address)] ?? [];
  return changeOf(address, attributes.some((name) => replacing.includes(name)) ? 'replace' : 'update', attributes, before, after);
}

/** Those that Terraform compares. A state has many more than the configuration sets. */
function attributesOf(before: Block, after: Block, isState: boolean): string[] {
  const ignored = z.object({ ignore_changes: z.array(z.string()) }).safeParse(after['lifecycle']).data?.ignore_changes ?? [];
  const names = new Set([...Object.keys(after), ...(isState ? [] : Object.keys(before))]);
  return [...names].filter((name) => !META.has(name) && !ignored.includes(name));
}

/** What the stack keeps as it is, although its settings want another value: the plan fails. */
export interface HeldBack {
  readonly address: string;
  readonly attribute: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Lifecycle of what a deploy leaves as it is: lib/servers/keep.ts. */
const heldSchema = z.object({
  lifecycle: z.object({ ignore_changes: z.array(z.string()), postcondition: z.array(z.object({ condition: z.string() })) }),
});

/** Ignored without a condition is what may differ. */
function heldAttributes(block: Block): readonly string[] {
  const { data } = heldSchema.safeParse(block);
  const conditions = data?.lifecycle.postcondition.map(({ condition }) => condition) ?? [];
  return (data?.lifecycle.ignore_changes ?? []).filter((name) =>
    conditions.some((condition) => condition.startsWith(`\${self.${name} == `)),
  );
}

export function heldBack(before: Blocks, after: Blocks): readonly HeldBack[] {
  return [...after].flatMap(([address, block]) => {
    const old = before.get(address);
    if (!old) return [];
    return heldAttributes(block)
      .filter((attribute) => old[attribute] !== undefined && differs(old[attribute], block[attribute], true))
      .map((attribute) => ({ address, attribute, before: old[attribute], after: block[attribute] }));
  });
}

const isExpression = (value: unknown) => typeof value === 'string' && value.includes('${');
const isEmpty = (value: unknown) => value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
const isObject = (value: unknown): value is Block => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Lists count as sets, which most of them are. What an expression yields is not known: beside a value of a state it counts as the same. */
function differs(before: unknown, after: unknown, isState: boolean): boolean {
  if (isState && isExpression(after)) return false;
  if (isEmpty(before) && isEmpty(after)) return false;
  if (Array.isArray(before) && Array.isArray(after))
    return before.length !== after.length || after.some((each) => before.every((other) => differs(other, each, isState)));
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(after), ...(isState ? [] : Object.keys(before))]);
    return [...names].some((name) => differs(before[name], after[name], isState));
  }
  return String(before) !== String(after);
}

/** What names an attribute of something that is made anew has another value then. */
function spread(changes: Map<string, Change>, before: Blocks, after: Blocks): void {
  const anew = [...changes.values()].filter(({ action }) => action === 'replace').map(({ address }) => address);
  for (const replaced of anew)
    for (const [address, block] of after) {
      const known = changes.get(address);
      const old = before.get(address);
      if (!old || known?.action === 'replace') continue;
      const touched = attributesOf({}, block, true).filter((name) => refersTo(block[name], replaced));
      const change = ofAttributes(address, [...new Set([...(known?.attributes ?? []), ...touched])], old, block);
      if (!change) continue;
      changes.set(address, change);
      if (change.action === 'replace') anew.push(address);
    }
}

export function refersTo(value: unknown, address: string): boolean {
  if (typeof value === 'string') return value.includes(`${address}.`);
  return typeof value === 'object' && value !== null && Object.values(value).some((each) => refersTo(each, address));
}

const planSchema = z.object({
  format_version: z.string(),
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        mode: z.string(),
        type: z.string(),
        change: z.object({
          actions: z.array(z.string()),
          before: z.record(z.string(), z.unknown()).nullable(),
          after: z.record(z.string(), z.unknown()).nullable(),
          after_unknown: z.union([z.record(z.string(), z.unknown()), z.boolean()]).optional(),
        }),
      }),
    )
    .default([]),
});

/**
 * What a plan changes.
 * @param json what `terraform show -json` prints of it
 * @throws ZodError when it is something else
 */
export function readPlan(json: unknown): Changes {
  const found = planSchema.parse(json).resource_changes.filter(({ mode }) => mode === 'managed');
  return new Map(
    found.flatMap(({ address, type, change }) => {
      const action = actionOf(change.actions);
      if (!action) return [];
      const [before, after] = [change.before ?? {}, change.after ?? {}];
      const unknown = typeof change.after_unknown === 'object' ? change.after_unknown : {};
      const names = Object.keys({ ...before, ...after }).filter(
        (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]) || String(JSON.stringify(unknown[name])).includes('true'),
      );
      const attributes = action === 'update' || action === 'replace' ? names : [];
      return [[address, { address, type, action, attributes, before, after }] as const];
    }),
  );
}

function actionOf(actions: readonly string[]): Action | undefined {
  if (actions.length === 2) return 'replace';
  return (['create', 'update', 'delete'] as const).find((each) => each === actions[0]);
}
