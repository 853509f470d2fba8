import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { checkVariables } from '../../../../platform/doctor/checks/variables';
import { BEFORE, ENVIRONMENT, levels, lines, PUBLIC_KEY } from '../healthy';

function check(given: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Map(ENVIRONMENT.variables.map((variable) => [variable.name, variable]));
  for (const name of Object.keys(given)) if (!known.has(name)) known.set(name, { name });
  return lines(checkVariables({ environment: { ...ENVIRONMENT, variables: [...known.values()] }, given: { ...BEFORE.given, ...given } }));
}

test('accepts what a deploy needs', () => {
  expect(levels(checkVariables(BEFORE))).toEqual(['fine']);
});

test('names all that are missing, and not those with a default', () => {
  expect(check({ hcloud_token: undefined, ssh_public_key: '', hcloud_endpoint: undefined })).toEqual([
    expect.stringMatching(/^wrong: not set: TF_VAR_hcloud_token, TF_VAR_ssh_public_key -> export them/),
  ]);
});

test.each([
  ['hcloud_token', 'a'.repeat(63), 'has 63 characters, and a token of Hetzner 64'],
  ['failover_token', `${'a'.repeat(64)}\n`, 'begins or ends with a blank or a line end'],
  ['hcloud_endpoint', 'api.hetzner.cloud', 'is not an https URL that ends in /v1'],
  ['hcloud_endpoint', 'http://127.example.test/v1', 'is not an https URL that ends in /v1'],
  ['cloudflare_base_url', 'http://api.cloudflare.com/client/v4', 'is not an https URL'],
  ['cloudflare_token', 'short', 'is not an API token of Cloudflare'],
  ['ssh_public_key', PUBLIC_KEY.replace('ssh-ed25519', 'ssh-rsa'), 'is not one public key'],
  ['ssh_public_key', PUBLIC_KEY.slice(0, 60), 'is not one public key'],
  ['ssh_public_key', `${PUBLIC_KEY}\n${PUBLIC_KEY}`, 'is not one public key'],
  ['ssh_additional_public_keys', `${PUBLIC_KEY}\n\nnonsense`, 'line 3 is not a public key'],
  ['ssh_private_key', 'nonsense', 'is no private key'],
  ['ssh_private_key', PUBLIC_KEY, 'is no private key'],
  ['mysql_replication_password', 'x'.repeat(33), 'has 33 bytes, and Group Replication takes 32'],
  ['mysql_replication_password', 'ä'.repeat(17), 'has 34 bytes, and Group Replication takes 32'],
  ['mysql_admin_password', 'ends with a blank ', 'begins or ends with a blank'],
  ['mysql_app_password', 'two\nlines', 'has a line end in it'],
  ['certificate_private_key', 'nonsense', 'is not a private key in PEM'],
])('refuses %s %j', (name, value, says) => {
  const [found, ...others] = check({ [name]: value });
  expect(found).toMatch(new RegExp(`^wrong: TF_VAR_${name} ${says}.* -> .`));
  expect(others).toEqual([]);
});

test('refuses a private key that is not that of the public key', () => {
  const { privateKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  expect(check({ ssh_private_key: privateKey })).toEqual([
    expect.stringMatching(/^wrong: TF_VAR_ssh_private_key is not the key of TF_VAR_ssh_public_key -> give both files of one pair/),
  ]);
});

test('never shows a secret', () => {
  const secret = 'sEcReT-of-the-house';
  const all = Object.fromEntries(
    ['hcloud_token', 'failover_token', 'cloudflare_token', 'ssh_private_key', 'ssh_public_key', 'certificate_private_key'].map((name) => [
      name,
      secret,
    ]),
  );
  expect(check({ ...all, mysql_admin_password: `${secret} ` }).join('\n')).not.toContain(secret);
});
