import { expect, test } from 'vitest';
import { PUBLIC_KEY, TestClient, refusal } from './test-client';

const key = { name: 'ops', public_key: PUBLIC_KEY };

test('a fault hits as often as requested, and only matching requests', async () => {
  const client = new TestClient();
  await client.fault({
    match: { method: 'POST', path: '^/v1/ssh_keys$' },
    effect: { kind: 'status', status: 503, code: 'unavailable' },
    count: 2,
  });
  expect((await client.get('/ssh_keys')).status).toBe(200);
  expect(refusal(await client.post('/ssh_keys', key))).toContain('503 unavailable');
  expect(refusal(await client.post('/ssh_keys', key))).toContain('503 unavailable');
  expect((await client.post('/ssh_keys', key)).status).toBe(201);
});

test('a fault can be limited to one caller', async () => {
  const client = new TestClient();
  await client.fault({ match: { fromAddress: '203.0.113.10' }, effect: { kind: 'token-revoked' } });
  expect((await client.request('GET', '/servers', undefined, { from: '203.0.113.10' })).status).toBe(401);
  expect((await client.request('GET', '/servers', undefined, { from: '203.0.113.11' })).status).toBe(200);
});

test('a refused request changes nothing, but one whose answer is lost takes effect', async () => {
  const client = new TestClient();
  const keys = async () => (await client.get('/ssh_keys')).body.ssh_keys.length;
  await client.fault({ match: { method: 'POST' }, effect: { kind: 'status', status: 502 }, count: 1 });
  expect((await client.post('/ssh_keys', key)).headers.get('content-type')).toBe('text/html');
  expect(await keys()).toBe(0);
  await client.fault({ match: { method: 'POST' }, effect: { kind: 'status', status: 502, afterwards: true }, count: 1 });
  expect((await client.post('/ssh_keys', key)).status).toBe(502);
  expect(await keys()).toBe(1);
});

test('the fault latency delays the answer and changes nothing else', async () => {
  const client = new TestClient();
  await client.fault({ effect: { kind: 'latency', milliseconds: 3000 } });
  const answer = client.get('/servers');
  await client.clock.advance(3000);
  expect((await answer).status).toBe(200);
});

test('the fault no-capacity refuses new servers and the start of stopped ones', async () => {
  const client = new TestClient();
  const { id } = await client.server();
  await client.act(`/servers/${id}/actions/poweroff`);
  await client.fault({ effect: { kind: 'no-capacity' } });
  expect(refusal(await client.post('/servers', { name: 'b', server_type: 'cx23', image: 'debian-13' }))).toBe(
    '412 resource_unavailable: error during placement',
  );
  expect(refusal(await client.post(`/servers/${id}/actions/poweron`))).toContain('412');
  expect((await client.post('/ssh_keys', key)).status).toBe(201);
});

test('the fault rate-limit answers with an empty budget', async () => {
  const client = new TestClient();
  await client.fault({ effect: { kind: 'rate-limit' } });
  const answer = await client.get('/servers');
  expect(refusal(answer)).toContain('429 rate_limit_exceeded');
  expect(answer.headers.get('ratelimit-remaining')).toBe('0');
});

test('faults are listed with their hits, and cleared one by one or all', async () => {
  const client = new TestClient();
  const id = await client.fault({ effect: { kind: 'token-revoked' } });
  await client.fault({ id: 'mine', match: { path: '/volumes' }, effect: { kind: 'rate-limit' }, count: 3 });
  await client.get('/servers');
  const { faults } = (await client.control('GET', '/faults')).body;
  expect(faults).toMatchObject([
    { id, hits: 1, remaining: null },
    { id: 'mine', hits: 0, remaining: 3 },
  ]);
  expect((await client.control('DELETE', `/faults/${id}`)).status).toBe(204);
  expect((await client.get('/servers')).status).toBe(200);
  expect((await client.get('/volumes')).status).toBe(429);
  expect((await client.control('DELETE', '/faults')).status).toBe(204);
  expect((await client.get('/volumes')).status).toBe(200);
});

test.each([
  ['an unknown kind', { effect: { kind: 'earthquake' } }],
  ['an unknown field', { effect: { kind: 'hang' }, colour: 'red' }],
  ['a path that is no regular expression', { match: { path: '(' }, effect: { kind: 'hang' } }],
])('the control path of faults refuses %s', async (_what, order) => {
  expect((await new TestClient().control('POST', '/faults', order)).status).toBe(422);
});

test('timings of the emulator can be changed while it runs', async () => {
  const client = new TestClient();
  await client.control('PUT', '/timings', { assign_floating_ip: 20_000 });
  const server = await client.server();
  const { id } = await client.floatingIp();
  await client.post(`/floating_ips/${id}/actions/assign`, { server: server.id });
  await client.clock.advance(19_000);
  expect((await client.get(`/floating_ips/${id}`)).body.floating_ip.server).toBeNull();
  await client.clock.advance(2_000);
  expect((await client.get(`/floating_ips/${id}`)).body.floating_ip.server).toBe(server.id);
});

test('each answer takes a time drawn from the range, and the request takes effect half-way', async () => {
  const client = new TestClient();
  await client.control('PUT', '/answer-times', { from: 1500, to: 2000 });
  const created = client.post('/ssh_keys', key);
  await client.clock.advance(700);
  const names = async () => (await client.control('GET', '/world')).body.ssh_keys.length;
  expect(await names()).toBe(0);
  await client.clock.advance(400);
  expect(await names()).toBe(1);
  let answered = false;
  void created.then(() => (answered = true));
  await client.clock.advance(300);
  expect(answered).toBe(false);
  await client.clock.advance(700);
  expect((await created).status).toBe(201);
  expect((await client.control('PUT', '/answer-times', { from: 2, to: 1 })).status).toBe(422);
});
