import { expect, test } from 'vitest';
import { TestClient, PUBLIC_KEY, refusal, TOKEN } from './test-client';

const FAILOVER = 'f'.repeat(64);

test('each of several tokens is accepted, and revoked by itself', async () => {
  const client = new TestClient();
  await client.control('PUT', '/tokens/failover', { value: FAILOVER });
  expect((await client.request('GET', '/servers', undefined, { token: FAILOVER })).status).toBe(200);
  expect((await client.control('DELETE', '/tokens/failover')).status).toBe(204);
  expect(refusal(await client.request('GET', '/servers', undefined, { token: FAILOVER }))).toContain('401 unauthorized');
  expect((await client.request('GET', '/servers', undefined, { token: TOKEN })).status).toBe(200);
});

test("a token for reading cannot write, and gets Hetzner's message", async () => {
  const client = new TestClient();
  await client.control('PUT', '/tokens/metrics', { value: FAILOVER, access: 'read' });
  expect((await client.request('GET', '/ssh_keys', undefined, { token: FAILOVER })).status).toBe(200);
  const answer = await client.request('POST', '/ssh_keys', { name: 'ops', public_key: PUBLIC_KEY }, { token: FAILOVER });
  expect(refusal(answer)).toBe('401 token_readonly: token is only allowed to perform GET requests');
  expect((await client.get('/ssh_keys')).body.ssh_keys).toEqual([]);
});

test('tokens are listed without their values, and an invalid new one is refused with the reason', async () => {
  const client = new TestClient();
  await client.control('PUT', '/tokens/metrics', { value: FAILOVER, access: 'read' });
  const { body } = await client.control('GET', '/tokens');
  expect(body).toEqual({
    tokens: [
      { name: 'terraform', access: 'read-write' },
      { name: 'metrics', access: 'read' },
    ],
  });
  expect((await client.control('DELETE', '/tokens/other')).status).toBe(404);
  expect((await client.control('PUT', '/tokens/other', { value: FAILOVER, access: 'write' })).status).toBe(422);
});
