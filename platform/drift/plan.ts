import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { run, terraformOf, type Ran } from '../environment/run';
import { KINDS, type Environment } from '../environment/stack';
import { quote } from '../ssh/quote';
import { readPlan, type Change } from '../summary/changes';
import { partOf } from '../summary/hosts';
import type { Difference, Told } from './report';
import { powerOn } from './servers';

/** What Terraform would change, and what it would not although somebody has changed it. */
export interface PlanQuestion {
  readonly environment: Pick<Environment, 'name' | 'variables' | 'state'>;
  /** Folder that cdktf deploys from. */
  readonly output: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * A plan of what was synthesized last, with what Hetzner says now. It changes nothing and takes no lock: it may run beside a deploy.
 * Never throws because of Terraform.
 */
export async function askPlan({ environment, output, env }: PlanQuestion): Promise<Told> {
  const { name } = environment;
  const folder = join(output, 'stacks', name);
  const failed = (why: string): Told => ({ differences: [], unasked: [`a plan of ${name}: ${why}; --no-plan does without it`] });
  if (!existsSync(join(folder, 'cdk.tf.json'))) return failed(`nothing is synthesized in ${output}: npx cdktf synth`);
  const missing = missingVariables(environment, env);
  if (missing.length > 0) return failed(`set ${missing.join(', ')}`);
  // A plan holds what the state holds
  const own = await mkdtemp(join(tmpdir(), 'platform-drift-'));
  try {
    const terraform = (...args: readonly string[]) => runTerraform(args, folder, env);
    if (!existsSync(join(folder, env['TF_DATA_DIR'] ?? '.terraform'))) {
      const init = await terraform('init', '-input=false', '-no-color');
      if (init.code !== 0) return failed(whyOf(init));
    }
    const file = join(own, 'plan');
    const plan = await terraform('plan', '-input=false', '-no-color', '-lock=false', `-out=${file}`);
    if (plan.code !== 0) return failed(whyOf(plan));
    const shown = await terraform('show', '-json', file);
    if (shown.code !== 0) return failed(whyOf(shown));
    const stack: unknown = JSON.parse(await readFile(join(folder, 'cdk.tf.json'), 'utf8'));
    return { differences: readDifferences(name, JSON.parse(shown.stdout), ignoredChanges(stack)), unasked: [] };
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

function runTerraform(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  const program = terraformOf(env);
  // None of the arguments that are meant for a deploy
  const own = Object.fromEntries(Object.entries(env).filter(([variable]) => !variable.startsWith('TF_CLI_ARGS')));
  return run(program, args, { cwd, env: { ...own, TF_IN_AUTOMATION: '1' } }).catch((error: unknown) => ({
    code: 1,
    stdout: '',
    stderr: `Error: ${program} does not start: ${String(error)}`,
  }));
}

/** A workspace of HCP Terraform has variables of its own. */
function missingVariables({ variables, state }: PlanQuestion['environment'], env: NodeJS.ProcessEnv): string[] {
  if (state.cloud !== undefined) return [];
  return variables
    .filter((variable) => variable.default === undefined)
    .map((variable) => `TF_VAR_${variable.name}`)
    .filter((variable) => !env[variable]);
}

/** Terraform's errors, in its words, each once. */
function whyOf({ stdout, stderr }: Ran): string {
  const errors = [...`${stderr}\n${stdout}`.matchAll(/Error: ([^\n]+)/g)].map(([, text = '']) => text.trim());
  return errors.length > 0 ? [...new Set(errors)].join('; ') : `terraform failed: ${stderr.trim() || stdout.trim()}`;
}

const resourcesSchema = z.object({ resource: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))) });
const lifecycleSchema = z.object({ lifecycle: z.object({ ignore_changes: z.array(z.string()) }) });

/** By address: attributes that Terraform leaves as somebody has changed them. @param stack content of cdk.tf.json */
export function ignoredChanges(stack: unknown): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(resourcesSchema.parse(stack).resource).flatMap(([type, byId]) =>
      Object.entries(byId).map(([id, block]) => [`${type}.${id}`, lifecycleSchema.safeParse(block).data?.lifecycle.ignore_changes ?? []]),
    ),
  );
}

const driftSchema = z.object({ format_version: z.string(), resource_drift: z.array(z.unknown()).default([]) });

/**
 * @param environment its name
 * @param json what `terraform show -json` prints of a plan
 * @throws ZodError when it is something else
 */
export function readDifferences(environment: string, json: unknown, ignored: ReadonlyMap<string, readonly string[]>): Difference[] {
  const deploy = `npx cdktf deploy ${quote(environment)}`;
  const changes = readPlan(json);
  const { format_version, resource_drift } = driftSchema.parse(json);
  const drift = readPlan({ format_version, resource_changes: resource_drift });
  return [
    ...[...changes.values()].map((change) => ({
      where: whereOf(change),
      what: wouldChange(change, drift.get(change.address)),
      remedy: deploy,
    })),
    ...[...drift.values()].flatMap((change) => unseen(change, ignored.get(change.address) ?? [])),
  ];
}

const whereOf = ({ address }: Change) => partOf(address)?.host ?? 'project';

/** `server web-1`; of a step: `step configure`. */
function labelOf({ address, type, before, after }: Change): string {
  const part = partOf(address);
  if (part && type === 'terraform_data') return `step ${part.kind}`;
  const kind = (KINDS as Readonly<Record<string, string>>)[type];
  // As main.ts wants it, whatever somebody has renamed it to
  const name = after['name'] ?? before['name'];
  return kind !== undefined && typeof name === 'string' ? `${kind} ${name}` : address;
}

function wouldChange(change: Change, drifted: Change | undefined): string {
  const label = labelOf(change);
  const cause = drifted ? 'somebody has changed it' : 'main.ts or a variable has changed since the last deploy';
  const attributes = change.attributes.join(', ');
  switch (change.action) {
    case 'create':
      return drifted ? `${label} is gone` : `${label} has not been made`;
    case 'delete':
      return `${label} is in main.ts no more`;
    case 'replace':
      return change.type === 'terraform_data' ? `${label} has to run again` : `${label} has to be replaced: ${attributes}; ${cause}`;
    case 'update':
      return `${label} differs in ${attributes}: ${cause}`;
  }
}

/** What a plan says nothing of. Agents move the floating IP and the NAT alias: these are where they have to be. */
function unseen(change: Change, ignored: readonly string[]): Difference[] {
  if (change.type !== 'hcloud_server' || change.action !== 'update') return [];
  const { before, after, attributes } = change;
  const name = String(before['name']);
  const tell = (what: string, remedy: string) => ({ where: whereOf(change), what: `server ${name} ${what}`, remedy });
  const isOff = attributes.includes('status') && after['status'] === 'off';
  const others = attributes.filter((attribute) => ignored.includes(attribute) && chosen(before[attribute]) !== chosen(after[attribute]));
  return [
    ...(isOff ? [tell('is off', powerOn(name))] : []),
    // By ignore_remote_firewall_ids, since the firewall of peers comes and goes beside it
    ...lostFirewalls(before, after).map((id) =>
      tell(`has lost firewall ${id}`, `hcloud firewall apply-to-resource ${id} --type server --server ${quote(name)}`),
    ),
    ...others.map((attribute) => tell(`differs in ${attribute}, which a deploy leaves as it is`, remedyOf(attribute, name, before))),
  ];
}

/** What the stack has chosen: of networks, agents move the aliases, and Hetzner chooses the MAC address. */
const chosen = (value: unknown) =>
  JSON.stringify(value, (key, each: unknown) => (/^(alias_ips|mac_address)$/.test(key) ? undefined : each));

const idsSchema = z.object({ firewall_ids: z.array(z.number()) });

function lostFirewalls(before: Change['before'], after: Change['after']): number[] {
  const [had, has] = [before, after].map((block) => idsSchema.safeParse(block).data?.firewall_ids ?? []);
  return (had ?? []).filter((id) => !has?.includes(id));
}

const networkSchema = z.object({ network: z.array(z.object({ network_id: z.number(), ip: z.string() })).min(1) });

function remedyOf(attribute: string, server: string, before: Change['before']): string {
  const network = networkSchema.safeParse(before).data?.network[0];
  if (attribute === 'network' && network)
    return `hcloud server attach-to-network ${quote(server)} --network ${network.network_id} --ip ${network.ip}`;
  return `hcloud server delete ${quote(server)}, and deploy: it is made anew`;
}
