import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { generateKey } from '../../../lab/x509/keys';
import { encodeSubject } from '../../../lab/x509/names';
import { encodePem } from '../../../lab/x509/pem';
import { createRequest } from '../../../lab/x509/request';
import { TestClient, refusal, resultOf, type Answer } from './test-client';

const key = generateKey('ECDSA', 0, 'P256');
const csr = encodePem(
  'CERTIFICATE REQUEST',
  createRequest(key, encodeSubject({ commonName: ['whatever.test'] }), { dns: ['whatever.test'], ip: [], uri: [] }),
);
const order = (client: TestClient, given: object = {}): Promise<Answer> =>
  client.post('/certificates', {
    csr,
    hostnames: ['example.com', '*.example.com'],
    request_type: 'origin-ecc',
    requested_validity: 365,
    ...given,
  });

describe('an Origin CA certificate', () => {
  test('is signed by the root, for the hostnames asked for and the key of the request', async () => {
    const client = new TestClient();
    const issued = new X509Certificate(String(resultOf(await order(client))['certificate']));
    const root = new X509Certificate(await (await client.api.control.request('/origin-ca/ecc')).text());
    expect(issued.verify(root.publicKey)).toBe(true);
    expect(issued.checkIssued(root)).toBe(true);
    expect(issued.checkPrivateKey(key.key)).toBe(true);
    expect(issued.subjectAltName).toBe('DNS:*.example.com, DNS:example.com');
    expect(issued.infoAccess).toContain('http://ocsp.cloudflare.com/origin_ca');
    expect([issued.ca, issued.keyUsage]).toEqual([false, ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1']]);
  });

  test('lists its hostnames sorted, in whatever order they were asked for', async () => {
    expect(resultOf(await order(new TestClient()))['hostnames']).toEqual(['*.example.com', 'example.com']);
  });

  test.each([
    [{ hostnames: ['other.test'] }, /^400 1010: Failed to validate requested hostname other.test/],
    [{ hostnames: ['192.0.2.1'] }, /^400 1010/],
    [{ request_type: 'origin-rsa' }, /^400 1012/],
    [{ requested_validity: 366 }, /^400 1011/],
    [{ csr: 'nonsense' }, /^400 1013: Failed to parse CSR/],
    [{ csr: csr.replace(/\n([A-Za-z0-9+/]{20})/, (line) => line.toLowerCase()) }, /^400 1013/],
    [{ hostnames: [] }, /^400 9207/],
  ])('with %o is refused', async (given, message) => {
    expect(refusal(await order(new TestClient(), given))).toMatch(message);
  });

  test('once revoked is gone, or shown as revoked: which one is real is not known', async () => {
    const client = new TestClient();
    const path = `/certificates/${String(resultOf(await order(client))['id'])}`;
    expect(resultOf(await client.request('DELETE', path))).toHaveProperty('revoked_at');
    expect(refusal(await client.get(path))).toBe('404 1101: Failed to read certificate from Database');
    client.api.account.showsRevoked = true;
    expect(resultOf(await client.get(path))).toHaveProperty('revoked_at');
  });
});
