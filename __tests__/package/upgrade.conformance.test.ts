import { Testing } from 'cdktf';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PlatformStack } from '../../lib/platform-stack';
import { listen, type ListeningApi } from '../lab/api/conformance/listening-api';
import { TOKEN } from '../lab/api/test-client';
import { Terraform } from '../lab/providers/conformance/terraform';

/**
 * What the stack `lab` of main.ts left in the state when commit 1f4c8ec had deployed it to a lab. Keys and certificates were replaced by names
 * such as `private key 1`, the same text by the same name, and certificates end in 2099: what is compared is whether a plan changes them.
 */
interface Deployed {
  readonly type: string;
  readonly name: string;
  readonly schemaVersion: number;
  /** Names of attributes. */
  readonly sensitive: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
}
const STATE = readFileSync('__tests__/package/state-of-1f4c8ec.snapshot.json', 'utf8');
const deployed = JSON.parse(STATE) as readonly Deployed[];

const PROVIDERS: Readonly<Record<string, string>> = {
  hcloud: 'registry.terraform.io/hetznercloud/hcloud',
  tls: 'registry.terraform.io/hashicorp/tls',
  terraform: 'terraform.io/builtin/terraform',
};

function stateFile(): string {
  const resources = deployed.map(({ type, name, schemaVersion, sensitive, attributes }) => ({
    mode: 'managed',
    type,
    name,
    provider: `provider["${PROVIDERS[type.split('_')[0] ?? ''] ?? ''}"]`,
    instances: [
      { schema_version: schemaVersion, attributes, sensitive_attributes: sensitive.map((value) => [{ type: 'get_attr', value }]) },
    ],
  }));
  return JSON.stringify({ version: 4, terraform_version: '1.10.0', serial: 1, lineage: 'upgrade', outputs: {}, resources });
}

const attributesOf = (type: string, name: RegExp): Deployed['attributes'] =>
  deployed.find((resource) => resource.type === type && name.test(resource.name))?.attributes ?? {};

/** What triggers a step, as terraform_data keeps it. */
const triggerOf = (name: RegExp): unknown => (attributesOf('terraform_data', name)['triggers_replace'] as { value: unknown }).value;

/** The stack `lab` of main.ts, with its state in the working directory. */
function configuration(): string {
  const application = { entryPoint: 'app/server.ts', migrationEntryPoint: 'app/migrate.ts', publicFolder: 'app/public' };
  const stack = new PlatformStack(Testing.app(), 'lab', { domain: 'www.example.test', application });
  const { terraform, ...rest } = JSON.parse(Testing.synth(stack)) as { terraform: Record<string, unknown> };
  return JSON.stringify({ ...rest, terraform: { ...terraform, backend: undefined } });
}

/** What that commit did not have: by these the load balancers know each other, and servers are deleted last. */
const ADDED = /^tls_\w+\.(lb-authority_|(web|app)_.*_deletion-gate_)/;
/** What holds data, addresses, or what others trust in. */
const KEPT = /^(hcloud_(server|volume|volume_attachment|network|network_subnet|floating_ip|placement_group|ssh_key)|tls_\w+)\./;

const folder = mkdtempSync(join(tmpdir(), 'upgrade-'));
let api: ListeningApi;
let terraform: Terraform;
let changes: Readonly<Record<string, string>>;
beforeAll(async () => {
  api = await listen();
  terraform = await Terraform.start(configuration(), { endpoint: api.endpoint }, 'main.tf.json');
  const state = join(folder, 'terraform.tfstate');
  writeFileSync(state, stateFile());
  const secrets = ['failover_token', 'mysql_admin_password', 'mysql_app_password', 'mysql_replication_password', 'ssh_private_key'];
  const variables = {
    hcloud_endpoint: api.endpoint,
    hcloud_token: TOKEN,
    // As they were then
    ssh_public_key: attributesOf('hcloud_ssh_key', /^site_/)['public_key'] as string,
    keys_revision: triggerOf(/^keys-revision$/) as string,
    secrets_revision: (triggerOf(/^lb_lb-1_configure/) as { secretsRevision: string }).secretsRevision,
    ...Object.fromEntries(secrets.map((name) => [name, 'canary'])),
  };
  // Not refreshed: the machines of that day are gone
  changes = await terraform.changes(
    '-refresh=false',
    `-state=${state}`,
    ...Object.entries(variables).map(([name, value]) => `-var=${name}=${value}`),
  );
});
afterAll(async () => {
  await terraform.stop();
  await api.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a plan for what commit 1f4c8ec has deployed', () => {
  test('destroys and replaces no server, volume, network, address, placement group, key, certificate or CA', () => {
    expect(Object.entries(changes).filter(([address, actions]) => KEPT.test(address) && actions.includes('delete'))).toEqual([]);
  });

  test('has every one of them in the state under the name of today', () => {
    expect(deployed.filter(({ type, name }) => KEPT.test(`${type}.${name}`)).length).toBeGreaterThan(50);
    expect(
      Object.entries(changes).filter(([address, actions]) => KEPT.test(address) && !ADDED.test(address) && actions === 'create'),
    ).toEqual([]);
  });

  test('changes what the list says, to which CHANGELOG.md sends operators', async () => {
    const words: Readonly<Record<string, string>> = { 'delete, create': 'again', create: 'new', delete: 'gone', update: 'in place' };
    const list = Object.entries(changes).map(([address, actions]) => `${words[actions] ?? actions}: ${address}\n`);
    await expect(list.sort().join('')).toMatchFileSnapshot('upgrade-from-1f4c8ec.txt');
    expect(readFileSync('CHANGELOG.md', 'utf8')).toContain('__tests__/package/upgrade-from-1f4c8ec.txt');
  });
});

test('the state that is kept here holds no key', () => {
  expect(STATE).not.toMatch(/-----BEGIN|PRIVATE/);
});
