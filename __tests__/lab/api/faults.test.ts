import { expect, test } from 'vitest';
import { PUBLIC_KEY, Project, refusal } from './project';

const key = { name: 'ops', public_key: PUBLIC_KEY };

test('a fault hits as often as requested, and only matching requests', async () => {
  const project = new Project();
  await project.fault({
    match: { method: 'POST', path: '^/v1/ssh_keys$' },
    effect: { kind: 'status', status: 503, code: 'unavailable' },
    count: 2,
  });
  expect((await project.get('/ssh_keys')).status).toBe(200);
  expect(refusal(await project.post('/ssh_keys', key))).toContain('503 unavailable');
  expect(refusal(await project.post('/ssh_keys', key))).toContain('503 unavailable');
  expect((await project.post('/ssh_keys', key)).status).toBe(201);
});

test('a fault can be limited to one caller', async () => {
  const project = new Project();
  await project.fault({ match: { fromAddress: '203.0.113.10' }, effect: { kind: 'token-revoked' } });
  expect((await project.request('GET', '/servers', undefined, { from: '203.0.113.10' })).status).toBe(401);
  expect((await project.request('GET', '/servers', undefined, { from: '203.0.113.11' })).status).toBe(200);
});

test('a refused request changes nothing, but one whose answer is lost takes effect', async () => {
  const project = new Project();
  const keys = async () => (await project.get('/ssh_keys')).body.ssh_keys.length;
  await project.fault({ match: { method: 'POST' }, effect: { kind: 'status', status: 502 }, count: 1 });
  expect((await project.post('/ssh_keys', key)).headers.get('content-type')).toBe('text/html');
  expect(await keys()).toBe(0);
  await project.fault({ match: { method: 'POST' }, effect: { kind: 'status', status: 502, afterwards: true }, count: 1 });
  expect((await project.post('/ssh_keys', key)).status).toBe(502);
  expect(await keys()).toBe(1);
});

test('the fault latency delays the answer and changes nothing else', async () => {
  const project = new Project();
  await project.fault({ effect: { kind: 'latency', milliseconds: 3000 } });
  const answer = project.get('/servers');
  await project.clock.advance(3000);
  expect((await answer).status).toBe(200);
});

test('the fault no-capacity refuses new servers and the start of stopped ones', async () => {
  const project = new Project();
  const { id } = await project.server();
  await project.act(`/servers/${id}/actions/poweroff`);
  await project.fault({ effect: { kind: 'no-capacity' } });
  expect(refusal(await project.post('/servers', { name: 'b', server_type: 'cx23', image: 'debian-13' }))).toBe(
    '412 resource_unavailable: error during placement',
  );
  expect(refusal(await project.post(`/servers/${id}/actions/poweron`))).toContain('412');
  expect((await project.post('/ssh_keys', key)).status).toBe(201);
});

test('the fault rate-limit answers with an empty budget', async () => {
  const project = new Project();
  await project.fault({ effect: { kind: 'rate-limit' } });
  const answer = await project.get('/servers');
  expect(refusal(answer)).toContain('429 rate_limit_exceeded');
  expect(answer.headers.get('ratelimit-remaining')).toBe('0');
});

test('faults are listed with their hits, and cleared one by one or all', async () => {
  const project = new Project();
  const id = await project.fault({ effect: { kind: 'token-revoked' } });
  await project.fault({ id: 'mine', match: { path: '/volumes' }, effect: { kind: 'rate-limit' }, count: 3 });
  await project.get('/servers');
  const { faults } = (await project.control('GET', '/faults')).body;
  expect(faults).toMatchObject([
    { id, hits: 1, remaining: null },
    { id: 'mine', hits: 0, remaining: 3 },
  ]);
  expect((await project.control('DELETE', `/faults/${id}`)).status).toBe(204);
  expect((await project.get('/servers')).status).toBe(200);
  expect((await project.get('/volumes')).status).toBe(429);
  expect((await project.control('DELETE', '/faults')).status).toBe(204);
  expect((await project.get('/volumes')).status).toBe(200);
});

test.each([
  ['an unknown kind', { effect: { kind: 'earthquake' } }],
  ['an unknown field', { effect: { kind: 'hang' }, colour: 'red' }],
  ['a path that is no regular expression', { match: { path: '(' }, effect: { kind: 'hang' } }],
])('the control path of faults refuses %s', async (_what, order) => {
  expect((await new Project().control('POST', '/faults', order)).status).toBe(422);
});

test('timings of the emulator can be changed while it runs', async () => {
  const project = new Project();
  await project.control('PUT', '/timings', { assign_floating_ip: 20_000 });
  const server = await project.server();
  const { id } = await project.floatingIp();
  await project.post(`/floating_ips/${id}/actions/assign`, { server: server.id });
  await project.clock.advance(19_000);
  expect((await project.get(`/floating_ips/${id}`)).body.floating_ip.server).toBeNull();
  await project.clock.advance(2_000);
  expect((await project.get(`/floating_ips/${id}`)).body.floating_ip.server).toBe(server.id);
});

test('each answer takes a time drawn from the range, and the request takes effect half-way', async () => {
  const project = new Project();
  await project.control('PUT', '/answer-times', { from: 1500, to: 2000 });
  const created = project.post('/ssh_keys', key);
  await project.clock.advance(700);
  const names = async () => (await project.control('GET', '/world')).body.ssh_keys.length;
  expect(await names()).toBe(0);
  await project.clock.advance(400);
  expect(await names()).toBe(1);
  let answered = false;
  void created.then(() => (answered = true));
  await project.clock.advance(300);
  expect(answered).toBe(false);
  await project.clock.advance(700);
  expect((await created).status).toBe(201);
  expect((await project.control('PUT', '/answer-times', { from: 2, to: 1 })).status).toBe(422);
});
