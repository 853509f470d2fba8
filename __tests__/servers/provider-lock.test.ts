import { App, TerraformStack } from 'cdktf';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockProviders, takeExactly } from '../../lib/servers/provider-lock';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'provider-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The folder of the stack. */
function synth(): string {
  const app = new App({ outdir: join(folder, 'cdktf.out') });
  const stack = new TerraformStack(app, 'production');
  takeExactly(new TlsProvider(stack, 'tls'));
  lockProviders(stack, join(folder, '.terraform.lock.hcl'));
  app.synth();
  return join(folder, 'cdktf.out/stacks/production');
}

test('a provider is asked for in one version, and no newer one', () => {
  const { terraform } = JSON.parse(readFileSync(join(synth(), 'cdk.tf.json'), 'utf8')) as {
    terraform: { required_providers: Record<string, { version: string }> };
  };
  expect(terraform.required_providers['tls']?.version).toMatch(/^\d+\.\d+\.\d+$/);
});

test('a lock file beside main.ts is in each stack, with the hashes that are in it', () => {
  expect(existsSync(join(synth(), '.terraform.lock.hcl'))).toBe(false);
  writeFileSync(join(folder, '.terraform.lock.hcl'), '# hashes\n');
  expect(readFileSync(join(synth(), '.terraform.lock.hcl'), 'utf8')).toBe('# hashes\n');
});
