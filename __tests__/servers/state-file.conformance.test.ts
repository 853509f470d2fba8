import { App, TerraformOutput, TerraformStack } from 'cdktf';
import { execa } from 'execa';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepStateLocally } from '../../lib/servers/state-file';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'state-file-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function synth(value: string): void {
  const app = new App({ outdir: join(folder, 'cdktf.out') });
  const stack = new TerraformStack(app, 'production');
  keepStateLocally(stack);
  new TerraformOutput(stack, 'value', { value });
  app.synth();
}

async function terraform(...words: string[]): Promise<string> {
  const env = { CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: '/dev/null' };
  const { stdout } = await execa('sh', ['-c', 'umask 022; exec terraform "$@"', 'sh', ...words], {
    cwd: join(folder, 'cdktf.out/stacks/production'),
    env,
  });
  return stdout;
}

const modes = () =>
  ['', '.backup'].map((suffix) => (statSync(join(folder, `terraform.production.tfstate${suffix}`)).mode & 0o777).toString(8));

test('nobody but its owner can read the state or its backup, from the first apply on', async () => {
  for (const value of ['one', 'two']) {
    synth(value);
    expect(modes()).toEqual(['600', '600']);
    await terraform('init');
    await terraform('apply', '-auto-approve');
    expect(await terraform('output', '-raw', 'value')).toBe(value);
    expect(modes()).toEqual(['600', '600']);
  }
});

test('a state from before is closed to others, and kept', () => {
  const file = join(folder, 'terraform.production.tfstate');
  writeFileSync(file, '{"version": 4}');
  chmodSync(file, 0o644);
  synth('one');
  expect(modes()).toEqual(['600', '600']);
  expect(statSync(file).size).toBe(14);
});
