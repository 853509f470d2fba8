import { CloudflareProvider } from '@cdktf/provider-cloudflare/lib/provider';
import { TerraformOutput, Testing } from 'cdktf';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAuthority, issuePair } from '../lab/x509/authority';
import { generateKey } from '../lab/x509/keys';
import { Edge } from '../lib/edge';
import { resolveCertificate } from '../lib/settings/certificate';
import { resource, synthesized, testStack } from './helpers/stack';

test('a self-signed certificate is for all domains, signed by a CA that visitors could trust', () => {
  const stack = testStack();
  const edge = new Edge(stack, 'edge', { domains: ['www.example.test', 'example.test'], certificate: { mode: 'self-signed' } });
  expect(resource(stack, 'tls_cert_request', 'edge')).toMatchObject({ dns_names: ['www.example.test', 'example.test'] });
  expect(resource(stack, 'tls_private_key', 'edge_authority_website')).toMatchObject({ algorithm: 'ECDSA', ecdsa_curve: 'P256' });
  expect(edge.authorityCertificate).toBeDefined();
});

test('an origin certificate is for all domains in order, and goes with the certificate that is its clock', () => {
  const stack = testStack();
  new CloudflareProvider(stack, 'cloudflare');
  const edge = new Edge(stack, 'edge', {
    domains: ['www.example.test', 'example.test'],
    certificate: resolveCertificate({ mode: 'cloudflare-origin', validityDays: 90 }),
  });
  expect(resource(stack, 'cloudflare_origin_ca_certificate', 'edge_origin')).toMatchObject({
    hostnames: ['example.test', 'www.example.test'],
    request_type: 'origin-ecc',
    requested_validity: 90,
    lifecycle: { create_before_destroy: true, replace_triggered_by: [expect.stringMatching(/^tls_self_signed_cert\.edge_origin_clock_/)] },
  });
  expect(resource(stack, 'tls_self_signed_cert', 'edge_origin_clock')).toMatchObject({
    validity_period_hours: 90 * 24,
    early_renewal_hours: 30 * 24,
  });
  expect(edge.certificateRevision).not.toBe('');
  expect(edge.authorityCertificate).toBeUndefined();
});

test('an own private key reaches neither the synthesized files nor the state', () => {
  const folder = mkdtempSync(join(tmpdir(), 'edge-'));
  const [certificateFile, privateKeyFile] = [join(folder, 'site.pem'), join(folder, 'site.key')];
  const { certificate, privateKey } = issuePair(
    createAuthority(generateKey('ECDSA', 0, 'P256'), { commonName: ['a CA'] }, Date.now()),
    'server',
    'www.example.test',
    [],
    Date.now(),
  );
  writeFileSync(certificateFile, `${certificate}# \${chain}\n`);
  writeFileSync(privateKeyFile, privateKey);
  const stack = testStack();
  const edge = new Edge(stack, 'edge', { domains: ['www.example.test'], certificate: { mode: 'files', certificateFile, privateKeyFile } });
  rmSync(folder, { recursive: true });

  new TerraformOutput(stack, 'pem', { value: edge.certificatePem });
  expect(synthesized(stack).output?.pem?.value).toBe(
    `\${join("\\n", [base64decode("${Buffer.from(`${certificate}# \${chain}`).toString('base64')}"), var.certificate_private_key])}`,
  );
  expect(synthesized(stack).variable).toMatchObject({ certificate_private_key: { ephemeral: true, sensitive: true } });
  expect(Testing.synth(stack)).not.toContain(privateKey.split('\n')[1]);
  expect(edge.authorityCertificate).toBeUndefined();
  expect(edge.certificateRevision).toMatch(/^[0-9a-f]{64}$/);
});

test("in mode acme visitors are shown a self-signed certificate until Let's Encrypt has given one", () => {
  const stack = testStack();
  const edge = new Edge(stack, 'edge', {
    domains: ['www.example.test', 'example.test'],
    certificate: resolveCertificate({ mode: 'acme' }),
  });
  expect(edge.acme).toEqual({
    domains: ['www.example.test', 'example.test'],
    directoryUrl: 'https://acme-v02.api.letsencrypt.org/directory',
  });
  expect(resource(stack, 'tls_cert_request', 'edge')).toMatchObject({ dns_names: ['www.example.test', 'example.test'] });
  expect(edge.authorityCertificate).toBeUndefined();
});
