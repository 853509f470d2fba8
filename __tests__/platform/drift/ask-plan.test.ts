import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askPlan } from '../../../platform/drift/plan';

/** A folder that cdktf deploys from, and a program in Terraform's place that writes down what it was asked. */
let output: string;
beforeEach(() => {
  output = mkdtempSync(join(tmpdir(), 'ask-plan-'));
  mkdirSync(join(output, 'stacks/shop/.terraform'), { recursive: true });
  writeFileSync(join(output, 'stacks/shop/cdk.tf.json'), '{"resource":{}}');
  terraform('');
});
afterEach(() => rmSync(output, { recursive: true }));

function terraform(line: string): void {
  const shown = JSON.stringify({ format_version: '1.2', resource_changes: [] });
  writeFileSync(
    join(output, 'terraform'),
    `#!/bin/sh\necho "$TF_CLI_ARGS_plan$*" >>'${output}/asked'\n${line}\n[ "$1" != show ] || echo '${shown}'\n`,
  );
  chmodSync(join(output, 'terraform'), 0o755);
}

const environment = (more: object = {}) => ({
  name: 'shop',
  variables: [{ name: 'hcloud_token' }, { name: 'secrets_revision', default: '' }],
  state: { backend: {} },
  ...more,
});
const ask = (env: NodeJS.ProcessEnv = { TF_VAR_hcloud_token: 'x' }, more: object = {}) =>
  askPlan({
    environment: environment(more),
    output,
    env: { PATH: process.env['PATH'], TERRAFORM_BINARY_NAME: join(output, 'terraform'), ...env },
  });
const asked = () => readFileSync(join(output, 'asked'), 'utf8').trim().split('\n');
const none = (why: string) => ({ differences: [], unasked: [`a plan of shop: ${why}; --no-plan does without it`] });

test('a plan takes no lock and no arguments that are meant for a deploy, and its file is gone afterwards', async () => {
  expect(await ask({ TF_VAR_hcloud_token: 'x', TF_CLI_ARGS_plan: '-destroy' })).toEqual({ differences: [], unasked: [] });
  const [plan = '', show] = asked();
  expect(plan).toMatch(/^plan .*-lock=false/);
  const [, file = ''] = /-out=(\S+)/.exec(plan) ?? [];
  expect(show).toBe(`show -json ${file}`);
  expect(existsSync(file)).toBe(false);
});

test('a folder that Terraform does not know yet is initialized first', async () => {
  rmSync(join(output, 'stacks/shop/.terraform'), { recursive: true });
  await ask();
  expect(asked().map((line) => line.split(' ')[0])).toEqual(['init', 'plan', 'show']);
});

test('without variables nothing is started, unless a workspace has them', async () => {
  expect(await ask({})).toEqual(none('set TF_VAR_hcloud_token'));
  expect(existsSync(join(output, 'asked'))).toBe(false);
  expect(await ask({}, { state: { cloud: {} } })).toEqual({ differences: [], unasked: [] });
});

test('where nothing was synthesized, the remedy is said', async () => {
  rmSync(join(output, 'stacks'), { recursive: true });
  expect(await ask()).toEqual(none(`nothing is synthesized in ${output}: npx cdktf synth`));
});

test('a plan that fails, and a program that is not there, are told in their own words', async () => {
  terraform(`[ "$1" != plan ] || { printf '\\nError: Invalid token\\n\\nError: Invalid token\\nError: No stock\\n' >&2; exit 1; }`);
  expect(await ask()).toEqual(none('Invalid token; No stock'));
  expect((await ask({ TF_VAR_hcloud_token: 'x', TERRAFORM_BINARY_NAME: '/nowhere' })).unasked[0]).toContain('/nowhere does not start');
});
