import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { openLab, type FaultOrder, type Lab } from '../../lab/lab';
import { editedMain } from './edited-main';
import { expectEmptyPlan } from './expect-empty-plan';
import { expectVisitorsServed } from './expect-visitors-served';

/**
 * Runs inside the client namespace of a lab to which nothing has been deployed: see run.sh. The first deploy ends half-way again and again;
 * each goes on where the one before has ended, and the last one leaves the platform of main.ts.
 */
const SMALL = 'cpx12';
/** Two tiers of each type, so that the last deploy wants another type for two of them. */
const TYPES = `web: { serverType: '${SMALL}' }, mysql: { serverType: '${SMALL}' },`;
const ALL = ['lb-1', 'lb-2', 'web-1', 'web-2', 'app-1', 'app-2', 'db-1', 'db-2', 'db-3'];

let lab: Lab;

beforeAll(async () => {
  lab = await openLab();
  expect(await lab.machines(), 'this test wants an empty lab').toEqual([]);
});

afterEach(async () => {
  await lab.clearApiFaults();
  await lab.mendSites();
});

const present = async (): Promise<string[]> => (await lab.machines()).map(({ name }) => name);
const missing = async (): Promise<string[]> => {
  const there = await present();
  return ALL.filter((name) => !there.includes(name));
};
const soldOut = (serverType: string, more: Pick<FaultOrder, 'after'> = {}) =>
  lab.apiFault({ effect: { kind: 'sold-out', serverType }, ...more });

/** What a deploy that fails says, in one line: Terraform's errors, then everything, with what the hosts say. */
async function failure(settings: string): Promise<string> {
  const said = await lab.deploy({ app: await editedMain(lab, settings) }).then(
    () => 'nothing: it succeeded',
    (error: Error) => error.message,
  );
  return `${said}\n${await readFile(join(lab.paths.state, 'deploy.log'), 'utf8')}`.replace(/[\s│╷╵]+/g, ' ');
}

test('a deploy during which server types sell out stops, and names the servers and the cause', async () => {
  await soldOut('cx23', { after: 1 });
  await soldOut(SMALL, { after: 1 });
  const said = await failure(TYPES);
  expect(await present()).toHaveLength(2);
  for (const name of await missing())
    expect(said, name).toMatch(new RegExp(`error during placement \\(resource_unavailable[^)]*\\) with hcloud_server\\.\\w+_${name}_`));
});

test('the next deploy with sold-out types is refused before any change, and names the available types and the setting', async () => {
  const before = await present();
  await soldOut('cx23');
  await soldOut(SMALL);
  const said = await failure(TYPES);
  for (const setting of ['loadBalancers', 'web', 'app', 'mysql'])
    expect(said).toMatch(
      new RegExp(`Hetzner cannot deliver \\w+ in fsn1 now\\. \\w+ can be had there \\([^)]*\\): set ${setting}\\.serverType`),
    );
  expect(said).not.toContain('resource_unavailable');
  expect(await present()).toEqual(before);
});

test('with stock again it ends at the limit of the project, at the sixth server, and at those that do not start', async () => {
  await lab.apiFault({ effect: { kind: 'limit', of: 'servers', most: 5 } });
  // At each attempt: the provider makes five
  await lab.apiFault({ match: { method: 'POST', path: '/actions/poweron$' }, effect: { kind: 'action-fails' } });
  const said = await failure(TYPES);
  expect(await present()).toHaveLength(5);
  for (const name of await missing())
    expect(said, name).toMatch(new RegExp(`server limit reached \\(resource_limit_exceeded[^)]*\\) with hcloud_server\\.\\w+_${name}_`));
  expect(said).toMatch(/\(action_failed, \d+\) with hcloud_server/);
});

test("a deploy without MySQL's repository, and without metadata of one server, names both and the remedy", async () => {
  const unreachable = (await missing()).find((name) => !name.startsWith('lb')) ?? '';
  await lab.breakSite('repo.mysql.com', 'refused');
  await lab.missMetadata(unreachable);
  const said = await failure(`${TYPES} sshTimeoutSeconds: 60,`);
  expect(said).toContain('https://repo.mysql.com/RPM-GPG-KEY-mysql-');
  expect(said).toMatch(new RegExp(`Error: remote-exec provisioner error with terraform_data\\.\\w+_${unreachable}_identify_`));
  expect(said).toContain(`Delete it (hcloud server delete ${unreachable}) and deploy again`);
  expect(await present()).toEqual(expect.arrayContaining(ALL));
  await lab.deleteServer(unreachable);
});

test('a deploy with other types completes a platform that was left half-way several times, once servers of the old ones are deleted', async () => {
  const said = await failure('');
  const old = (await lab.machines()).filter(({ serverType }) => serverType === SMALL).map(({ name }) => name);
  expect(old).not.toEqual([]);
  for (const name of old) {
    expect(said).toContain(`${name} has server_type ${SMALL}, and the settings want cx23.`);
    expect(said).toContain(`hcloud server delete ${name}`);
    await lab.deleteServer(name);
  }
  await lab.deploy();
  lab = await openLab();
  expect((await present()).sort()).toEqual([...ALL].sort());
  const types = (await lab.machines()).map(({ serverType }) => serverType);
  expect(new Set(types)).toEqual(new Set(['cx23']));
});

test('a platform that was completed after half-way deploys serves visitors', () => expectVisitorsServed(lab));

test('a plan after half-way deploys were completed is empty', () => expectEmptyPlan(lab));
