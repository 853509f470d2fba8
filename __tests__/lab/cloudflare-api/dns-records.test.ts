import { describe, expect, test } from 'vitest';
import { TestClient, refusal, resultOf } from './test-client';

describe('a DNS record', () => {
  test.each([
    ['@', 'example.com'],
    ['www', 'www.example.com'],
    ['WWW.Example.Com', 'www.example.com'],
    ['bücher', 'xn--bcher-kva.example.com'],
    ['_dmarc', '_dmarc.example.com'],
    ['*', '*.example.com'],
  ])('named %s is %s', async (given, wanted) => {
    expect(resultOf(await new TestClient().record({ name: given }))).toMatchObject({ name: wanted });
  });

  test.each([
    [{ content: '192.0.2' }, '400 1004: DNS Validation Error (9005: Content for A record must be a valid IPv4 address.)'],
    [
      { type: 'AAAA', content: '192.0.2.1' },
      '400 1004: DNS Validation Error (9006: Content for AAAA record must be a valid IPv6 address.)',
    ],
    [{ ttl: 30 }, '400 1004: DNS Validation Error (9021: Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.)'],
    [
      { type: 'TXT', content: '"x"', proxied: true, ttl: 1 },
      '400 1004: DNS Validation Error (9004: This record type cannot be proxied: TXT.)',
    ],
    [{ name: '-.example.com' }, '400 1004: DNS Validation Error (9000: DNS name is invalid.)'],
  ])('with %o is refused', async (given, message) => {
    expect(refusal(await new TestClient().record(given))).toBe(message);
  });

  test('may share its name with another address, not with a CNAME', async () => {
    const client = new TestClient();
    await client.record();
    expect((await client.record({ content: '192.0.2.2' })).status).toBe(200);
    expect(refusal(await client.record())).toBe('400 81058: An identical record already exists.');
    expect(refusal(await client.record({ type: 'CNAME', content: 'example.com' }))).toMatch(/^400 81053/);
    await client.record({ name: 'c', type: 'CNAME', content: 'example.com' });
    expect(refusal(await client.record({ name: 'c' }))).toMatch(/^400 81054/);
  });

  test('that is proxied has the TTL 1', async () => {
    expect(resultOf(await new TestClient().record({ proxied: true, ttl: 300 }))).toMatchObject({ ttl: 1, proxied: true });
  });

  test('is deleted with a body, so that clients can read the answer, and is then gone', async () => {
    const client = new TestClient();
    const path = `/zones/${client.zoneId}/dns_records/${String(resultOf(await client.record())['id'])}`;
    expect(resultOf(await client.request('DELETE', path))).toHaveProperty('id');
    expect(refusal(await client.get(path))).toBe('404 81044: Record does not exist.');
  });
});

describe('the emulator', () => {
  test('ends a list with an empty page', async () => {
    const client = new TestClient();
    expect((await client.get('/zones?name=example.com')).body.result).toHaveLength(1);
    expect((await client.get('/zones?name=example.com&page=2')).body.result).toEqual([]);
  });

  test.each([
    [null, '400 9106: Missing X-Auth-Key, X-Auth-Email or Authorization headers'],
    ['Basic x', '400 6003: Invalid request headers (6111: Invalid format for Authorization header)'],
    ['Bearer another', '401 1000: Invalid API Token'],
  ])('refuses the authorization %s', async (authorization, message) => {
    expect(refusal(await new TestClient().request('GET', '/zones', undefined, authorization))).toBe(message);
  });

  test('returns its address ranges without a token', async () => {
    expect((await new TestClient().request('GET', '/ips', undefined, null)).status).toBe(200);
  });

  test.each([
    ['GET', '/zones/ZONE/rulesets', undefined, 'GET /client/v4/zones/ZONE/rulesets'],
    ['GET', '/zones?colour=red', undefined, "GET /zones: query parameter 'colour'"],
    ['PATCH', '/zones/ZONE/settings/brotli', { value: 'on' }, 'PATCH /zones/ZONE/settings/brotli: setting brotli'],
    ['POST', '/zones/ZONE/dns_records', { name: 'a', type: 'SRV', content: 'x', ttl: 1 }, 'POST /zones/ZONE/dns_records: record type SRV'],
    [
      'POST',
      '/zones/ZONE/dns_records',
      { name: 'a', type: 'A', content: '192.0.2.1', ttl: 1, colour: 'red' },
      "POST /zones/ZONE/dns_records: field 'colour'",
    ],
  ])('refuses an unknown request with 501: %s %s', async (method, path, body, what) => {
    const client = new TestClient();
    const answer = await client.request(method, path.replace('ZONE', client.zoneId), body);
    expect(answer.status).toBe(501);
    expect(client.api.account.unexpectedRequests).toEqual([what.replace('ZONE', client.zoneId)]);
  });

  test('keeps private keys out of its log', async () => {
    const client = new TestClient();
    await client.post(`/zones/${client.zoneId}/origin_tls_client_auth`, { certificate: 'x', private_key: 'canary' });
    expect(await (await client.api.control.request('/requests')).text()).not.toContain('canary');
  });

  test('refuses a client after 1200 requests in five minutes, until they are over', async () => {
    const client = new TestClient();
    for (let request = 0; request < 1200; request++) await client.get('/zones');
    const refused = await client.get('/zones');
    expect([refusal(refused), refused.headers.get('retry-after')]).toEqual([
      '429 971: Please wait and consider throttling your request speed',
      '1',
    ]);
    await client.clock.advance(300_000);
    expect((await client.get('/zones')).status).toBe(200);
  });
});
