import { TerraformStack, Testing } from 'cdktf';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PlatformVariables } from '../../lib/servers/variables';
import { Terraform } from '../lab/providers/conformance/terraform';

/** The real Terraform reads the variables of the platform, and nothing else. */
let terraform: Terraform;
beforeAll(async () => {
  const stack = new TerraformStack(Testing.app(), 'test');
  new PlatformVariables(stack);
  terraform = await Terraform.start(Testing.synth(stack), {}, 'main.tf.json');
});
afterAll(() => terraform.stop());

const SECRETS = [
  'hcloud_token',
  'failover_token',
  'ssh_private_key',
  'mysql_admin_password',
  'mysql_replication_password',
  'mysql_app_password',
];

async function plan(name: string, value: string): Promise<string> {
  const others = [...SECRETS, 'ssh_public_key'].map((each) => `-var=${each}=some`);
  const { exitCode, output } = await terraform.run('plan', ...others, `-var=${name}=${value}`);
  return exitCode === 0 ? 'accepted' : output.replace(/[\s\u2502]+/g, ' ');
}

test.each([
  'http://10.0.0.1/v1',
  'http://api.hetzner.cloud/v1',
  'http://127.example.test/v1',
  'http://127.0.0.1.example.test/v1',
  'http://localhost:8080@example.test/v1',
  'http://localhost.example.test/v1',
  'https://user@example.test/v1',
  'ftp://127.0.0.1/v1',
  'https://api.hetzner.cloud/v1\nFLOATING_IP=192.0.2.1',
  'https://api.hetzner.cloud/v1 x',
])('tokens are sent nowhere without TLS but to this machine: hcloud_endpoint is refused before anything is asked: %j', async (endpoint) => {
  expect(await plan('hcloud_endpoint', endpoint)).toContain('hcloud_endpoint has to be an https URL, since tokens go there');
});

test.each([
  'https://api.hetzner.cloud/v1',
  'https://api.example.test:8443/v1/',
  'https://[2001:db8::1]:8443/v1',
  'http://127.0.0.1:8080/v1',
  'http://127.1.2.3/v1',
  'http://localhost/v1',
])('hcloud_endpoint may be %s', async (endpoint) => {
  expect(await plan('hcloud_endpoint', endpoint)).toBe('accepted');
});

test.each([
  ['mysql_repository_url', 'https://repo.example.test/ trusted=yes'],
  ['mysql_repository_url', 'https://repo.example.test\ndeb http://example.test/ x y'],
  ['mysql_repository_key_fingerprint', 'BCA4 3417'],
  ['mysql_repository_key_fingerprint', `${'A'.repeat(40)}\n${'B'.repeat(40)}`],
])('what hosts trust for packages is refused in another form: %s is %j', async (name, value) => {
  expect(await plan(name, value)).toContain(`${name} has to be`);
});
