import { TerraformOutput, Testing } from 'cdktf';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Edge } from '../lib/edge';
import { resource, synthesized, testStack } from './helpers/stack';

test('a self-signed certificate is for all domains, signed by a CA that visitors could trust', () => {
  const stack = testStack();
  const edge = new Edge(stack, 'edge', { domains: ['www.example.test', 'example.test'], certificate: { mode: 'self-signed' } });
  expect(resource(stack, 'tls_cert_request', 'edge')).toMatchObject({ dns_names: ['www.example.test', 'example.test'] });
  expect(resource(stack, 'tls_private_key', 'edge_authority_website')).toMatchObject({ algorithm: 'ECDSA', ecdsa_curve: 'P256' });
  expect(edge.authorityCertificate).toBeDefined();
});

test('an own private key reaches neither the synthesized files nor the state', () => {
  const folder = mkdtempSync(join(tmpdir(), 'edge-'));
  const [certificateFile, privateKeyFile] = [join(folder, 'site.pem'), join(folder, 'site.key')];
  writeFileSync(certificateFile, 'CERTIFICATE ${chain}\n');
  writeFileSync(privateKeyFile, 'PRIVATE KEY');
  const stack = testStack();
  const edge = new Edge(stack, 'edge', { domains: ['www.example.test'], certificate: { mode: 'files', certificateFile, privateKeyFile } });
  rmSync(folder, { recursive: true });

  new TerraformOutput(stack, 'pem', { value: edge.certificatePem });
  expect(synthesized(stack).output?.pem?.value).toBe('CERTIFICATE $${chain}\n${var.certificate_private_key}');
  expect(synthesized(stack).variable).toMatchObject({ certificate_private_key: { ephemeral: true, sensitive: true } });
  expect(Testing.synth(stack)).not.toContain('PRIVATE KEY"');
  expect(edge.authorityCertificate).toBeUndefined();
  expect(edge.certificateRevision).toMatch(/^[0-9a-f]{64}$/);
});
