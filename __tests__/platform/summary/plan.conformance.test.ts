import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareStacks, readPlan, type Changes } from '../../../platform/summary/changes';
import type { Synthesized } from '../../../platform/summary/synthesized';
import { listen, type ListeningApi } from '../../lab/api/conformance/listening-api';
import { Terraform } from '../../lab/providers/conformance/terraform';
import { Synthesizer, variables, type Edit } from './edits';

const synthesizer = new Synthesizer();
let api: ListeningApi;
let terraform: Terraform;
beforeAll(async () => {
  api = await listen();
  terraform = await Terraform.start(synthesizer.stepless({}), { endpoint: api.endpoint }, 'main.tf.json');
  await terraform.apply(...variables(api.endpoint));
});
afterAll(async () => {
  await terraform.stop();
  await api.stop();
  synthesizer.stop();
});

const actions = (changes: Changes) => Object.fromEntries([...changes].map(([address, { action }]) => [address, action] as const).sort());

test.each<[string, Edit]>([
  ['to more servers, and one tier less', { web: { serverCount: 3 }, app: { serverCount: 1 }, allowSinglePointOfFailure: true }],
  ['of the size of volumes', { mysql: { volumeGb: 30 } }],
  ['of the location', { locations: ['nbg1'], mayDestroy: ['db-1', 'db-2', 'db-3', 'floating-ip'] }],
  ['of the prefix of names', { namePrefix: 'x-' }],
  ['of the range of the network', { network: { range: '10.1.0.0/16' }, mayDestroy: ['network'] }],
  ['of rules of firewalls', { loadBalancers: { sshSources: ['203.0.113.0/24'] }, app: { outboundRanges: ['198.51.100.0/24'] } }],
  ['of the names that visitors use', { additionalDomains: ['example.com'] }],
])('Terraform plans an edit %s as it is summed up from two synthesized stacks', async (_, edit) => {
  const before: Synthesized = synthesizer.synthesize();
  const after = synthesizer.synthesize(edit);
  await terraform.write(synthesizer.stepless(edit));
  const plan = readPlan(await terraform.planned('-refresh=false', ...variables(api.endpoint)));
  expect(actions(compareStacks(before.blocks, after.blocks))).toEqual(actions(plan));
  const state = new Map(
    (await terraform.resources()).filter(({ mode }) => mode === 'managed').map(({ type, name, values }) => [`${type}.${name}`, values]),
  );
  expect(actions(compareStacks(state, after.blocks, true))).toEqual(actions(plan));
});
