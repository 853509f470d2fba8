import { execa } from 'execa';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appOption } from '../../lab/client/deploy';
import { chooseProviders } from '../../lab/client/provider-choice';
import { openLab, type Lab } from '../../lab/lab';
import { canaries } from './canaries';
import { editedMain } from './edited-main';

/**
 * What a run of a workspace has: a copy of the folder that was uploaded, and a file with the workspace's variables. This
 * project and its packages are not there. The workspace itself cannot be had in a lab: an override file, which is
 * Terraform's own way to replace a `cloud` block, puts the state beside the configuration; nothing else is changed.
 */
const BACKEND = "backend: { type: 'terraform-cloud', organization: 'acme', workspace: 'shop' },";

let lab: Lab;
let root: string;

beforeAll(async () => {
  lab = await openLab();
  root = await mkdtemp(join(tmpdir(), 'runner-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const stateOfLab = () => join(lab.paths.state, 'terraform.lab.tfstate');

/** Gives Terraform in a folder of its own, with the state that the lab has now. */
async function workspaceRun(
  name: string,
  settings = '',
): Promise<{ folder: string; terraform: (...args: string[]) => Promise<{ exitCode?: number; stdout: string }> }> {
  const output = join(root, `${name}.out`);
  const folder = join(root, name, 'configuration');
  const app = await appOption(await chooseProviders(), await editedMain(lab, `${BACKEND} ${settings}`));
  await execa('cdktf', ['synth', 'lab', ...app, '--output', output], { preferLocal: true });
  await cp(join(output, 'stacks/lab'), folder, { recursive: true });
  await rm(output, { recursive: true });
  await writeFile(
    join(folder, 'backend_override.tf.json'),
    JSON.stringify({ terraform: { backend: { local: { path: 'terraform.tfstate' } } } }),
  );
  await cp(stateOfLab(), join(folder, 'terraform.tfstate'));
  const variables = Object.entries(process.env).flatMap(([key, value]) =>
    key.startsWith('TF_VAR_') ? [`${key.slice('TF_VAR_'.length)} = ${JSON.stringify(value)}\n`] : [],
  );
  await writeFile(join(folder, 'terraform.tfvars'), variables.join(''), { mode: 0o600 });

  const { PATH = '', TF_REATTACH_PROVIDERS, TF_CLI_CONFIG_FILE } = process.env;
  const providers = TF_REATTACH_PROVIDERS ? { TF_REATTACH_PROVIDERS } : { TF_CLI_CONFIG_FILE };
  const env = { PATH, HOME: root, TF_IN_AUTOMATION: '1', TF_INPUT: '0', CHECKPOINT_DISABLE: '1', ...providers };
  // In a mount namespace, where an empty folder hides this project
  const alone = ['--mount', 'sh', '-c', 'mount -t tmpfs none "$1" && shift && exec "$@"', 'sh', process.cwd(), 'terraform'];
  const terraform = (...args: string[]) =>
    execa('unshare', [...alone, ...args, '-no-color'], { cwd: folder, env, extendEnv: false, reject: false, all: true });
  const { exitCode, all } = await terraform('init');
  expect(exitCode, all).toBe(0);
  return { folder, terraform };
}

test('a plan from a copy of the synthesized folder is empty for a deployed platform', async () => {
  const { folder, terraform } = await workspaceRun('unchanged');
  expect(JSON.parse(await readFile(join(folder, 'cdk.tf.json'), 'utf8'))).toMatchObject({
    terraform: { cloud: { organization: 'acme', workspaces: { name: 'shop' } } },
  });
  const { exitCode, stdout } = await terraform('plan', '-detailed-exitcode');
  expect(exitCode, stdout.slice(-4000)).toBe(0);
});

test('a changed setting is applied from a copy of the synthesized folder, on the hosts concerned only', async () => {
  const { folder, terraform } = await workspaceRun('changed', 'web: { maxBodyMegabytes: 23 },');
  const planned = await terraform('plan', '-out=run.plan');
  expect(planned.exitCode, planned.stdout.slice(-4000)).toBe(0);
  const { stdout: plan } = await terraform('show', '-json', 'run.plan');
  const { resource_changes: changes } = JSON.parse(plan) as { resource_changes: { address: string; change: { actions: string[] } }[] };
  const changed = changes.filter(({ change }) => change.actions.join() !== 'no-op').map(({ address }) => address);
  expect(changed.sort()).toEqual([expect.stringMatching(/_web-1_configure_/), expect.stringMatching(/_web-2_configure_/)]);
  expect((await canaries(lab)).filter((secret) => plan.includes(secret))).toEqual([]);

  const applied = await terraform('apply', 'run.plan');
  // From here on the lab's state is this one, whatever the apply has come to
  await cp(join(folder, 'terraform.tfstate'), stateOfLab());
  expect(applied.exitCode, applied.stdout.slice(-4000)).toBe(0);
  for (const web of ['web-1', 'web-2']) {
    expect((await lab.exec(web, ['nginx', '-T'])).stdout).toContain('client_max_body_size 23m;');
  }
  const state = await readFile(join(folder, 'terraform.tfstate'), 'utf8');
  expect((await canaries(lab)).filter((secret) => state.includes(secret))).toEqual([]);
});
