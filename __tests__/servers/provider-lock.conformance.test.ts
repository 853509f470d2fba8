import { App, TerraformStack } from 'cdktf';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { execa } from 'execa';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockProviders, takeExactly } from '../../lib/servers/provider-lock';

/** The real Terraform takes a provider from a folder of this test in place of the registry; the package in there is a text. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'provider-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const LOCK_FILE = '.terraform.lock.hcl';
const stackFolder = () => join(folder, 'cdktf.out/stacks/production');

/** @returns the version that the stack asks for */
function synth(): string {
  rmSync(join(folder, 'cdktf.out'), { recursive: true, force: true });
  const app = new App({ outdir: join(folder, 'cdktf.out') });
  const stack = new TerraformStack(app, 'production');
  takeExactly(new TlsProvider(stack, 'tls'));
  lockProviders(stack, join(folder, LOCK_FILE));
  app.synth();
  const { terraform } = JSON.parse(readFileSync(join(stackFolder(), 'cdk.tf.json'), 'utf8')) as {
    terraform: { required_providers: { tls: { version: string } } };
  };
  return terraform.required_providers.tls.version;
}

function offer(version: string, content: string): void {
  const platform = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const at = join(folder, 'mirror/registry.terraform.io/hashicorp/tls', version, platform);
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, `terraform-provider-tls_v${version}`), content);
  chmodSync(join(at, `terraform-provider-tls_v${version}`), 0o755);
}

async function init(): Promise<{ readonly exitCode?: number; readonly output: string }> {
  const config = join(folder, 'terraform.rc');
  writeFileSync(config, `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(join(folder, 'mirror'))}\n  }\n}\n`);
  const env = { CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: config };
  const { exitCode, all } = await execa('terraform', ['init', '-no-color'], { cwd: stackFolder(), env, all: true, reject: false });
  return { exitCode, output: all.replace(/[\s│]+/g, ' ') };
}

test('a provider of the same version with another content is not taken once its hash is in the lock file beside main.ts', async () => {
  const version = synth();
  offer(version, 'the provider');
  expect(await init()).toMatchObject({ exitCode: 0 });
  copyFileSync(join(stackFolder(), LOCK_FILE), join(folder, LOCK_FILE));
  synth();
  expect(await init(), 'the same package').toMatchObject({ exitCode: 0 });
  synth();
  offer(version, 'one that sends tokens elsewhere');
  expect(await init()).toMatchObject({ exitCode: 1, output: expect.stringMatching(/doesn't match any of the checksums/) });
});

test('the lock file of this repository refuses what is not a package of the release', async () => {
  copyFileSync(LOCK_FILE, join(folder, LOCK_FILE));
  offer(synth(), 'one that somebody has built');
  expect(await init()).toMatchObject({ exitCode: 1, output: expect.stringMatching(/doesn't match any of the checksums/) });
});

test('a newer version than that of the bindings is not taken, from any source', async () => {
  const version = synth();
  const [major = '', minor = ''] = version.split('.');
  const newer = `${major}.${Number(minor) + 1}.0`;
  offer(newer, 'one that sends tokens elsewhere');
  offer(version, 'the provider');
  const { exitCode, output } = await init();
  expect([exitCode, output]).toEqual([0, expect.stringContaining(`Installed hashicorp/tls v${version}`)]);
});
