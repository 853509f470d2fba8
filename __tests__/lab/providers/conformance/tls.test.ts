import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Terraform } from './terraform';

const CURVES = ['P224', 'P256', 'P384', 'P521'];
const authority = (name: string, key: string): string => `
resource "tls_self_signed_cert" "${name}" {
  private_key_pem       = tls_private_key.${key}.private_key_pem
  is_ca_certificate     = true
  set_authority_key_id  = true
  validity_period_hours = 24
  allowed_uses          = ["cert_signing", "crl_signing"]
  subject {
    common_name  = "Authority of ${name}"
    organization = "Müller & Söhne"
    country      = "DE"
  }
}
resource "tls_locally_signed_cert" "by_${name}" {
  ca_cert_pem           = tls_self_signed_cert.${name}.cert_pem
  ca_private_key_pem    = tls_private_key.${key}.private_key_pem
  cert_request_pem      = tls_cert_request.leaf.cert_request_pem
  validity_period_hours = 12
  allowed_uses          = ["digital_signature", "key_encipherment", "server_auth", "client_auth"]
  set_subject_key_id    = true
}
`;
const AUTHORITIES = ['rsa', 'ed25519', ...CURVES.map((curve) => curve.toLowerCase())];
const configuration = `
terraform {
  required_providers {
    tls = { source = "hashicorp/tls" }
  }
}
variable "hours" { default = 0 }
resource "tls_private_key" "rsa" { algorithm = "RSA" }
resource "tls_private_key" "ed25519" { algorithm = "ED25519" }
${CURVES.map((curve) => `resource "tls_private_key" "${curve.toLowerCase()}" {\n  algorithm   = "ECDSA"\n  ecdsa_curve = "${curve}"\n}\n`).join('')}
resource "tls_cert_request" "leaf" {
  private_key_pem = tls_private_key.p256.private_key_pem
  dns_names       = ["www.example.test", "*.example.test"]
  ip_addresses    = ["192.0.2.1", "2001:db8::1"]
  uris            = ["spiffe://example.test/web"]
  subject { common_name = "www.example.test" }
}
${AUTHORITIES.map((name) => authority(name, name)).join('')}
resource "tls_self_signed_cert" "renewed" {
  private_key_pem       = tls_private_key.p256.private_key_pem
  validity_period_hours = 10
  early_renewal_hours   = var.hours
  allowed_uses          = ["server_auth"]
}
data "tls_public_key" "ssh" { private_key_openssh = tls_private_key.ed25519.private_key_openssh }
`;

let terraform: Terraform;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-test-'));
  terraform = await Terraform.start(configuration);
  await terraform.apply();
});
afterAll(async () => {
  await terraform?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function file(type: string, name: string, attribute: string): Promise<string> {
  const path = join(folder, `${type}-${name}-${attribute}`);
  await writeFile(path, String((await terraform.values(type, name))[attribute]), { mode: 0o600 });
  return path;
}
const openssl = async (...words: readonly string[]): Promise<string> => (await execa('openssl', words, { all: true })).all;

test('finds nothing to change afterwards', async () => {
  expect(await terraform.planExitCode()).toBe(0);
});

describe.each(AUTHORITIES)('an authority with a key %s', (name) => {
  test('verifies what it signed, in the eyes of openssl', async () => {
    const [ca, leaf] = [
      await file('tls_self_signed_cert', name, 'cert_pem'),
      await file('tls_locally_signed_cert', `by_${name}`, 'cert_pem'),
    ];
    expect(
      await openssl('verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'web.example.test', '-CAfile', ca, leaf),
    ).toContain('OK');
  });

  test('has its key in forms that openssl reads', async () => {
    for (const attribute of ['private_key_pem', 'private_key_pem_pkcs8']) {
      expect(await openssl('pkey', '-check', '-noout', '-in', await file('tls_private_key', name, attribute))).toContain('Key is valid');
    }
  });
});

test('makes a request that openssl verifies, with all names', async () => {
  const request = await openssl('req', '-verify', '-noout', '-text', '-in', await file('tls_cert_request', 'leaf', 'cert_request_pem'));
  expect(request).toMatch(/verify OK/);
  expect(request).toContain(
    'DNS:www.example.test, DNS:*.example.test, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, URI:spiffe://example.test/web',
  );
});

test('has OpenSSH keys that ssh-keygen reads, with the same fingerprint', async () => {
  for (const name of AUTHORITIES.filter((each) => each !== 'p224')) {
    const { stdout } = await execa('ssh-keygen', ['-l', '-f', await file('tls_private_key', name, 'private_key_openssh')]);
    expect(stdout).toContain(String((await terraform.values('tls_private_key', name))['public_key_fingerprint_sha256']));
  }
});

test('renews a certificate when its early renewal begins, and nothing else', async () => {
  expect(await terraform.changes('-var=hours=5')).toEqual({ 'tls_self_signed_cert.renewed': 'update' });
  expect(await terraform.changes('-var=hours=10')).toEqual({ 'tls_self_signed_cert.renewed': 'delete, create' });
});

test.each([
  ['algorithm = "DSA"', /value must be one of: \["RSA" "ECDSA" "ED25519"\], got: "DSA"/],
  ['algorithm = "ECDSA"\n  ecdsa_curve = "P192"', /value must be one of: \["P224" "P256" "P384" "P521"\]/],
])('refuses a key with %s', async (attributes, message) => {
  const other = await Terraform.start(
    `terraform {\n  required_providers {\n    tls = { source = "hashicorp/tls" }\n  }\n}\nresource "tls_private_key" "k" {\n  ${attributes}\n}\n`,
  );
  try {
    expect((await other.run('plan')).output.replace(/\n/g, ' ')).toMatch(message);
  } finally {
    await other.stop();
  }
});
