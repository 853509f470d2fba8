import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareStacks, readPlan, type Changes } from '../../../platform/summary/changes';
import type { Synthesized } from '../../../platform/summary/synthesized';
import { listen, type ListeningApi } from '../../lab/api/conformance/listening-api';
import { TOKEN } from '../../lab/api/test-client';
import { Terraform } from '../../lab/providers/conformance/terraform';
import { PUBLIC_KEY } from '../doctor/healthy';
import { Synthesizer, type Edit } from './edits';

const synthesizer = new Synthesizer();
let api: ListeningApi;
let terraform: Terraform;
beforeAll(async () => {
  api = await listen();
  terraform = await Terraform.start(configuration({}), { endpoint: api.endpoint }, 'main.tf.json');
  await terraform.apply(...variables());
});
afterAll(async () => {
  await terraform.stop();
  await api.stop();
  synthesizer.stop();
});

/** Steps are there, and do nothing: nobody can be logged in to. */
function configuration(edit: Edit): string {
  const { resource, terraform: settings, ...rest } = synthesizer.json(edit);
  const steps = Object.entries(resource['terraform_data'] ?? {}).map(([id, { connection: _, provisioner: __, ...step }]) => [id, step]);
  return JSON.stringify({
    ...rest,
    terraform: { ...settings, backend: undefined },
    resource: { ...resource, terraform_data: Object.fromEntries(steps) },
  });
}

function variables(): string[] {
  const secrets = ['failover_token', 'mysql_admin_password', 'mysql_app_password', 'mysql_replication_password', 'ssh_private_key'];
  const values = { hcloud_endpoint: api.endpoint, hcloud_token: TOKEN, ssh_public_key: PUBLIC_KEY };
  return Object.entries({ ...values, ...Object.fromEntries(secrets.map((name) => [name, 'canary'])) }).map(
    ([name, value]) => `-var=${name}=${value}`,
  );
}

const actions = (changes: Changes) => Object.fromEntries([...changes].map(([address, { action }]) => [address, action]).sort());

test.each<[string, Edit]>([
  ['of a server type', { web: { serverType: 'cx33' }, mysql: { serverType: 'cx33' } }],
  ['to more servers, and one tier less', { web: { serverCount: 3 }, app: { serverCount: 1 }, allowSinglePointOfFailure: true }],
  ['of the size of volumes', { mysql: { volumeGb: 30 } }],
  ['of the location', { locations: ['nbg1'] }],
  ['of the prefix of names', { namePrefix: 'x-' }],
  ['of the range of the network', { network: { range: '10.1.0.0/16' } }],
  ['of rules of firewalls', { loadBalancers: { sshSources: ['203.0.113.0/24'] }, app: { outboundRanges: ['198.51.100.0/24'] } }],
  ['of the names that visitors use', { additionalDomains: ['example.com'] }],
])('Terraform plans an edit %s as it is summed up from two synthesized stacks', async (_, edit) => {
  const before: Synthesized = synthesizer.synthesize();
  const after = synthesizer.synthesize(edit);
  await terraform.write(configuration(edit));
  const plan = readPlan(await terraform.planned('-refresh=false', ...variables()));
  expect(actions(compareStacks(before.blocks, after.blocks))).toEqual(actions(plan));
  const state = new Map((await terraform.resources()).map(({ type, name, values }) => [`${type}.${name}`, values]));
  expect(actions(compareStacks(state, after.blocks, true))).toEqual(actions(plan));
});
