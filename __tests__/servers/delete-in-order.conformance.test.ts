import { afterAll, beforeAll, expect, test } from 'vitest';
import { listen, type ListeningApi } from '../lab/api/conformance/listening-api';
import { Terraform } from '../lab/providers/conformance/terraform';
import type { TerraformJson } from '../helpers/stack';
import { Synthesizer, variables } from '../platform/summary/edits';

const synthesizer = new Synthesizer();
let api: ListeningApi;
let terraform: Terraform;

/** So many app servers, and as many web servers. The steps by which others learn of it take a second each, or fail. */
function withServers(count: number, { command = 'sleep 1' } = {}): string {
  const json = JSON.parse(synthesizer.stepless({ app: { serverCount: count }, web: { serverCount: count } })) as TerraformJson;
  const steps = Object.entries(json.resource['terraform_data'] ?? {}).map(([id, step]) => [
    id,
    /^(lb|web)_.*_(configure|let-go)_/.test(id) ? { ...step, provisioner: [{ 'local-exec': { command } }] } : step,
  ]);
  return JSON.stringify({ ...json, resource: { ...json.resource, terraform_data: Object.fromEntries(steps) } });
}

const apply = () => terraform.run('apply', '-auto-approve', ...variables(api.endpoint));
const serversIn = (tier: string) =>
  api.project.servers
    .all()
    .map(({ name }) => name)
    .filter((name) => name.startsWith(`${tier}-`))
    .sort();
const idOf = (type: string, prefix: string) =>
  Object.keys((JSON.parse(withServers(3)) as TerraformJson).resource[type] ?? {}).find((id) => id.startsWith(prefix)) ?? '';

/** Lines of Terraform's output, of all that match. */
function linesOf(output: string, pattern: RegExp): number[] {
  return output.split('\n').flatMap((line, index) => (pattern.test(line) ? [index] : []));
}

beforeAll(async () => {
  api = await listen();
  terraform = await Terraform.start(withServers(3), { endpoint: api.endpoint }, 'main.tf.json');
  const { exitCode, output } = await apply();
  if (exitCode !== 0) throw new Error(output);
}, 300_000);
afterAll(async () => {
  await terraform.stop();
  await api.stop();
  synthesizer.stop();
});

test('a server that the tier in front cannot be told of is not deleted', async () => {
  await terraform.write(withServers(2, { command: 'exit 1' }));
  expect((await apply()).exitCode).toBe(1);
  expect([serversIn('web'), serversIn('app')]).toEqual([
    ['web-1', 'web-2', 'web-3'],
    ['app-1', 'app-2', 'app-3'],
  ]);
}, 300_000);

test('the next deploy deletes it, after all hosts in front were configured and have let go', async () => {
  await terraform.write(withServers(2));
  const { exitCode, output } = await apply();
  expect([exitCode, serversIn('web'), serversIn('app')]).toEqual([0, ['web-1', 'web-2'], ['app-1', 'app-2']]);
  for (const [inFront, tier] of [
    ['lb', 'web'],
    ['web', 'app'],
  ] as const) {
    const told = linesOf(output, new RegExp(`terraform_data\\.${inFront}_.*_(configure|let-go)_.*: Creation complete`));
    const deleted = linesOf(output, new RegExp(`hcloud_server\\.${tier}_${tier}-3_.*: Destroying`));
    expect([told.length, deleted.length]).toEqual([4, 1]);
    expect(deleted[0]).toBeGreaterThan(Math.max(...told));
  }
}, 300_000);

test('a deploy after that finds nothing to do', async () => {
  expect(await terraform.planExitCode(...variables(api.endpoint))).toBe(0);
}, 300_000);

test('a server that was made half-way is replaced by the next deploy, although its name can exist once only', async () => {
  await terraform.run('taint', `hcloud_server.${idOf('hcloud_server', 'web_web-2_')}`);
  const { exitCode, output } = await apply();
  expect([exitCode, output]).toEqual([0, expect.stringMatching(/hcloud_server\.web_web-2_.*: Creation complete/)]);
}, 300_000);

test('a whole environment can be destroyed, with fewer servers in the settings than there are', async () => {
  await terraform.write(withServers(3));
  expect((await apply()).exitCode).toBe(0);
  await terraform.write(withServers(2));
  const { exitCode, output } = await terraform.run('destroy', '-auto-approve', ...variables(api.endpoint));
  expect([exitCode, output]).toEqual([0, expect.stringContaining('Destroy complete!')]);
  expect(api.project.servers.all()).toEqual([]);
}, 400_000);
