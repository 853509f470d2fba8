import { afterAll, beforeAll, expect, test } from 'vitest';
import { listen, type ListeningApi } from '../lab/api/conformance/listening-api';
import { Terraform } from '../lab/providers/conformance/terraform';
import { Synthesizer, variables, type Edit } from '../platform/summary/edits';

const synthesizer = new Synthesizer();
let api: ListeningApi;
let terraform: Terraform;
beforeAll(async () => {
  api = await listen();
  terraform = await Terraform.start(synthesizer.stepless({ mysql: { memberCount: 5 } }), { endpoint: api.endpoint }, 'main.tf.json');
  await terraform.apply(...variables(api.endpoint));
});
afterAll(async () => {
  await terraform.stop();
  await api.stop();
  synthesizer.stop();
});

/** What a plan of all members says, in one line. */
async function plan({ mysql, ...edit }: Edit): Promise<{ exitCode: number; output: string }> {
  await terraform.write(synthesizer.stepless({ ...edit, mysql: { memberCount: 5, ...mysql } }));
  const { exitCode, output } = await terraform.run('plan', '-detailed-exitcode', ...variables(api.endpoint));
  return { exitCode, output: output.replace(/[\s│]+/g, ' ') };
}

test('what was deployed before is kept without a change', async () => {
  expect((await plan({})).exitCode).toBe(0);
});

test('another location is refused for each volume and for the floating IP, with what would be lost and the way without loss', async () => {
  const { exitCode, output } = await plan({ locations: ['nbg1'] });
  expect(exitCode).toBe(1);
  for (const member of ['db-1', 'db-2', 'db-3', 'db-4', 'db-5'])
    expect(output).toContain(`${member} has location fsn1, and the settings want nbg1. A deploy would delete the volume of ${member}`);
  expect(output).toContain("set mayDestroy: ['db-2'] and deploy");
  expect(output).toContain('floating-ip has home_location fsn1, and the settings want nbg1. A deploy would give the address back');
});

test('one member and no other may go to another location, once it is named', async () => {
  const edit: Edit = { locations: ['fsn1', 'nbg1', 'fsn1', 'fsn1', 'fsn1'] };
  const refused = await plan(edit);
  expect(refused.output).toContain('db-2 has location fsn1');
  expect(refused.output).not.toContain('db-1 has location fsn1');
  expect(await plan({ ...edit, mayDestroy: ['db-2'] })).toMatchObject({
    exitCode: 2,
    output: expect.stringMatching(/hcloud_volume\.mysql_db-2_volume_\w+ must be replaced/),
  });
});

test('the address stays where floatingIpHome says, whatever locations begins with', async () => {
  const { output } = await plan({ locations: ['nbg1'], floatingIpHome: 'fsn1', mayDestroy: ['db-1', 'db-2', 'db-3', 'db-4', 'db-5'] });
  expect(output).not.toMatch(/hcloud_floating_ip\.\S+ must be replaced|floating-ip has/);
});

test.each<[string, Edit]>([
  ['of the network', { network: { range: '10.1.0.0/16' } }],
  ['of a subnet', { network: { subnets: { web: '10.0.9.0/24' } } }],
])('another range %s is refused', async (_, edit) => {
  expect(await plan(edit)).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining('A deploy would take the network away from every server'),
  });
});

test('another prefix of names destroys nothing', async () => {
  const { exitCode, output } = await plan({ namePrefix: 'x-' });
  expect([exitCode, output]).toEqual([2, expect.stringContaining(' 0 to destroy.')]);
});

const fewer: Edit = { mysql: { memberCount: 3 } };

test('members that have not left are not deleted, unless they are named', async () => {
  expect(await plan(fewer)).toMatchObject({ exitCode: 1, output: expect.stringContaining('db-4, db-5: a deploy would delete a member') });
  expect(await plan({ ...fewer, mayDestroy: ['db-4', 'db-5'] })).toMatchObject({ exitCode: 2 });
});

test('members that have left by an earlier deploy are deleted', async () => {
  await terraform.write(synthesizer.stepless({ mysql: { memberCount: 5, leavingCount: 2 } }));
  await terraform.apply(...variables(api.endpoint));
  expect(await plan(fewer)).toMatchObject({
    exitCode: 2,
    output: expect.stringMatching(/hcloud_volume\.mysql_db-5_volume_\w+ will be destroyed/),
  });
});

test('a whole environment can be destroyed, even with settings that a deploy refuses', async () => {
  await terraform.write(synthesizer.stepless({ locations: ['nbg1'] }));
  const { exitCode, output } = await terraform.run('destroy', '-auto-approve', ...variables(api.endpoint));
  expect([exitCode, output]).toEqual([0, expect.stringContaining('Destroy complete!')]);
  expect([api.project.servers.all(), api.project.volumes.all(), api.project.floatingIps.all()]).toEqual([[], [], []]);
});
