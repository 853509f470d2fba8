import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { appOption } from '../../../lab/client/deploy';
import { chooseProviders } from '../../../lab/client/provider-choice';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'provider-choice-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('a mirror of the user is not compared with the lock file: its packages may be built by the user', async () => {
  const file = join(folder, 'terraform.rc');
  writeFileSync(file, 'provider_installation {\n  filesystem_mirror {\n    path = "/anywhere"\n  }\n}\n');
  vi.stubEnv('TF_CLI_CONFIG_FILE', file);
  expect(await chooseProviders('real')).toMatchObject({ kind: 'real', locked: false });
  expect(await chooseProviders('stand-in')).toMatchObject({ kind: 'stand-in', locked: true });
});

/** Whether the lock file that a command leaves in the stack is there when `terraform init` runs. */
async function isLeft(locked: boolean): Promise<boolean> {
  const lockFile = join(folder, 'stacks/lab/.terraform.lock.hcl');
  mkdirSync(dirname(lockFile), { recursive: true });
  const [option, app = ''] = await appOption({ locked }, `touch ${lockFile}`);
  expect(option).toBe('--app');
  expect(spawnSync('sh', ['-c', app], { env: { PATH: process.env['PATH'], CDKTF_OUTDIR: folder } }).status).toBe(0);
  return existsSync(lockFile);
}

test('the lock file is in the stack that Terraform sees where it holds, and is not where it does not', async () => {
  expect(await isLeft(true)).toBe(true);
  expect(await isLeft(false)).toBe(false);
  expect(await appOption({ locked: true }), 'the command of cdktf.json').toEqual([]);
  expect(await appOption({ locked: false }), 'the command of cdktf.json').toEqual([
    '--app',
    expect.stringMatching(/^node --import tsx main\.ts && rm /),
  ]);
});
