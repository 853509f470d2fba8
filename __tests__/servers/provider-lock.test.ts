import { App, TerraformStack } from 'cdktf';
import { CloudflareProvider } from '@cdktf/provider-cloudflare/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HcloudProvider } from '../../.gen/providers/hcloud/provider';
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

/** Of the lock file of this repository: for each provider its version, and how many packages it knows. */
const locked = () =>
  Object.fromEntries(
    [...readFileSync('.terraform.lock.hcl', 'utf8').matchAll(/^provider "registry\.terraform\.io\/(\S+)" \{\n([^]*?)^\}/gm)].map(
      ([, name = '', block = '']) => [
        name,
        { version: /^ {2}version += "(.*)"$/m.exec(block)?.[1], packages: block.match(/"zh:[0-9a-f]{64}"/g)?.length },
      ],
    ),
  );

test('the lock file of this repository has each provider in the version that the bindings are made for, for all platforms', () => {
  const app = new App({ outdir: join(folder, 'cdktf.out') });
  const stack = new TerraformStack(app, 'production');
  for (const Provider of [HcloudProvider, TlsProvider, CloudflareProvider]) takeExactly(new Provider(stack, Provider.tfResourceType));
  app.synth();
  const { terraform } = JSON.parse(readFileSync(join(folder, 'cdktf.out/stacks/production/cdk.tf.json'), 'utf8')) as {
    terraform: { required_providers: Record<string, { source: string; version: string }> };
  };
  // Linux, macOS and Windows on two kinds of processors each, and what else its maker builds for
  expect(locked()).toEqual(
    Object.fromEntries(
      Object.values(terraform.required_providers).map(({ source, version }) => [source, { version, packages: expect.any(Number) }]),
    ),
  );
  expect(Math.min(...Object.values(locked()).map(({ packages }) => packages ?? 0))).toBeGreaterThan(7);
});
