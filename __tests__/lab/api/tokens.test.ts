import { expect, test } from 'vitest';
import { Project, PUBLIC_KEY, refusal, TOKEN } from './project';

const FAILOVER = 'f'.repeat(64);

test('each of several tokens is accepted, and revoked by itself', async () => {
  const project = new Project();
  await project.control('PUT', '/tokens/failover', { value: FAILOVER });
  expect((await project.request('GET', '/servers', undefined, { token: FAILOVER })).status).toBe(200);
  expect((await project.control('DELETE', '/tokens/failover')).status).toBe(204);
  expect(refusal(await project.request('GET', '/servers', undefined, { token: FAILOVER }))).toContain('401 unauthorized');
  expect((await project.request('GET', '/servers', undefined, { token: TOKEN })).status).toBe(200);
});

test("a token for reading cannot write, and gets Hetzner's message", async () => {
  const project = new Project();
  await project.control('PUT', '/tokens/metrics', { value: FAILOVER, access: 'read' });
  expect((await project.request('GET', '/ssh_keys', undefined, { token: FAILOVER })).status).toBe(200);
  const answer = await project.request('POST', '/ssh_keys', { name: 'ops', public_key: PUBLIC_KEY }, { token: FAILOVER });
  expect(refusal(answer)).toBe('401 token_readonly: token is only allowed to perform GET requests');
  expect((await project.get('/ssh_keys')).body.ssh_keys).toEqual([]);
});

test('tokens are listed without their values, and an invalid new one is refused with the reason', async () => {
  const project = new Project();
  await project.control('PUT', '/tokens/metrics', { value: FAILOVER, access: 'read' });
  const { body } = await project.control('GET', '/tokens');
  expect(body).toEqual({
    tokens: [
      { name: 'terraform', access: 'read-write' },
      { name: 'metrics', access: 'read' },
    ],
  });
  expect((await project.control('DELETE', '/tokens/other')).status).toBe(404);
  expect((await project.control('PUT', '/tokens/other', { value: FAILOVER, access: 'write' })).status).toBe(422);
});
