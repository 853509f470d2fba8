import { createPublicKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { plan } from '../../../../lab/providers/protocol/plan';
import { objects, text } from '../../../../lab/providers/protocol/read';
import { UNKNOWN, type State } from '../../../../lab/providers/protocol/value';
import { createCertificate } from '../../../../lab/providers/tls/certificate';
import { parseCaCertificate } from '../../../../lab/x509/certificate';
import { encodeSubject } from '../../../../lab/x509/names';
import { children, readOne } from '../../../../lab/x509/der';
import { parsePrivateKeyPem } from '../../../../lab/x509/keys';
import { alternativeNamesOf, subjectOf } from '../../../../lab/providers/tls/subject';
import { decodePem, encodePem } from '../../../../lab/x509/pem';
import { tlsProvider } from '../../../../lab/providers/tls/provider';
import { createRequest, parseRequest } from '../../../../lab/x509/request';
import { recordedTls } from '../recorded';

const NOW = new Date('2026-11-22T13:17:17.484Z');

/** The parts of a certificate that no chance is in: all but serial number, times and signature. */
function fixedParts(pem: unknown): readonly string[] {
  const [content] = children(readOne(decodePem(text(pem as never))!.bytes));
  return children(content!).flatMap(({ raw }, index) => ([1, 4].includes(index) ? [] : [raw.toString('hex')]));
}

describe('a request', () => {
  test.each(['cert-request-rsa', 'cert-request-ed25519'])('is byte for byte the recorded %s', (name) => {
    const recorded = recordedTls(name);
    const request = createRequest(
      parsePrivateKeyPem(text(recorded['private_key_pem'])),
      subjectOf(objects(recorded['subject'])[0]),
      alternativeNamesOf(recorded),
    );
    expect(encodePem('CERTIFICATE REQUEST', request)).toBe(recorded['cert_request_pem']);
  });

  test('is read back with names, subject and key', () => {
    const recorded = recordedTls('cert-request-ecdsa-p256');
    const { names, subject, publicKey } = parseRequest(text(recorded['cert_request_pem']));
    expect(names).toEqual(alternativeNamesOf(recorded));
    expect(encodeSubject(subject)).toEqual(subjectOf(objects(recorded['subject'])[0]));
    expect(publicKey.equals(createPublicKey(text(recorded['private_key_pem'])))).toBe(true);
  });
});

describe('a certificate', () => {
  test('that signs itself has the recorded subject, key and extensions', () => {
    const recorded = recordedTls('self-signed-cert-ca');
    const key = parsePrivateKeyPem(text(recorded['private_key_pem']));
    const request = {
      subject: subjectOf(objects(recorded['subject'])[0]),
      names: alternativeNamesOf(recorded),
      publicKey: createPublicKey(key.key),
    };
    const made = createCertificate(recorded, request, { key }, NOW);
    expect(fixedParts(made['cert_pem'])).toEqual(fixedParts(recorded['cert_pem']));
    expect(made).toMatchObject({ validity_start_time: '2026-11-22T13:17:17.484Z', validity_end_time: '2026-11-23T13:17:17.484Z' });
  });

  test('signed by an authority has the recorded issuer, names and extensions', () => {
    const recorded = recordedTls('locally-signed-cert');
    const request = parseRequest(text(recorded['cert_request_pem']));
    const holder = { ...request, subject: encodeSubject(request.subject) };
    const ca = parseCaCertificate(text(recorded['ca_cert_pem']));
    const made = createCertificate(recorded, holder, { key: parsePrivateKeyPem(text(recorded['ca_private_key_pem'])), ...ca }, NOW);
    expect(fixedParts(made['cert_pem'])).toEqual(fixedParts(recorded['cert_pem']));
    const certificate = new X509Certificate(text(made['cert_pem']));
    expect(certificate.verify(new X509Certificate(text(recorded['ca_cert_pem'])).publicKey)).toBe(true);
    expect(BigInt(`0x${certificate.serialNumber}`).toString()).toBe(made['id']);
  });

  test('of an authority needs a subject', () => {
    const key = parsePrivateKeyPem(text(recordedTls('private-key-ed25519')['private_key_pem']));
    const request = { subject: subjectOf(undefined), names: alternativeNamesOf({}), publicKey: createPublicKey(key.key) };
    expect(() => createCertificate({ is_ca_certificate: true, validity_period_hours: 1 }, request, { key }, NOW)).toThrow(
      /at least one Distinguished Name/,
    );
  });
});

describe('a certificate of 24 hours', () => {
  const { resources, schema } = tlsProvider();
  const resource = resources['tls_self_signed_cert']!;
  const block = schema.resource_schemas['tls_self_signed_cert']!.block;
  const state = (given: State): State => ({
    ...recordedTls('self-signed-cert-ca'),
    validity_end_time: new Date(Date.now() + 3_600_000).toISOString(),
    ...given,
  });
  const config = (given: State): State => ({
    ...state(given),
    id: null,
    cert_pem: null,
    key_algorithm: null,
    ready_for_renewal: null,
    validity_end_time: null,
    validity_start_time: null,
  });

  test('stays while it is not due', () => {
    expect(plan(block, resource.planning, state({}), config({})).requiresReplace).toEqual([]);
  });

  test('is replaced when it comes into its early renewal', () => {
    const due = plan(block, resource.planning, state({ early_renewal_hours: 2 }), config({ early_renewal_hours: 2 }));
    expect(due).toMatchObject({ requiresReplace: ['ready_for_renewal'], planned: { ready_for_renewal: UNKNOWN } });
  });

  test('changes its early renewal in place, but not its uses', () => {
    expect(plan(block, resource.planning, state({}), config({ early_renewal_hours: 0 })).requiresReplace).toEqual([]);
    expect(plan(block, resource.planning, state({}), config({ allowed_uses: ['server_auth'] })).requiresReplace).toEqual(['allowed_uses']);
  });
});
