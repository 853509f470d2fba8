import { expect, test } from 'vitest';
import { KeyedQueue, Latest } from '../../../lab/api/queues';
import { TestClient } from './test-client';

test('the network is never synced twice at once, and ends in the state of the last change', async () => {
  const client = new TestClient();
  const server = await client.server();
  let open = (): void => undefined;
  client.hardware.gates.set('syncNetwork', new Promise((resolve) => (open = resolve)));
  const ids = [];
  for (const name of ['one', 'two', 'three']) ids.push((await client.floatingIp({ name })).id);
  for (const id of ids) await client.post(`/floating_ips/${id}/actions/assign`, { server: server.id });
  await client.finish();
  open();
  await client.finish();
  expect(client.hardware.mostSyncsAtOnce).toBe(1);
  expect(client.hardware.server(server.id)!.floatingIps).toHaveLength(3);
});

test('a network that cannot be synced fails the action, and is recorded', async () => {
  const client = new TestClient();
  const server = await client.server();
  const { id } = await client.floatingIp();
  client.hardware.broken.add('syncNetwork');
  const action = await client.act(`/floating_ips/${id}/actions/assign`, { server: server.id });
  expect(action).toMatchObject({ status: 'error', error: { message: 'Action failed: syncNetwork is broken' } });
  expect(client.api.project.failures).toEqual([expect.stringContaining('syncNetwork is broken')]);
});

test('a public address is not reused soon', async () => {
  const client = new TestClient();
  const first = await client.server();
  await client.delete(`/servers/${first.id}`);
  const second = await client.server();
  expect([first.public_net.ipv4.ip, second.public_net.ipv4.ip]).toEqual(['203.0.113.10', '203.0.113.11']);
});

test('the dump of the project shows resources and recorded errors', async () => {
  const client = new TestClient();
  await client.server();
  await client.get('/load_balancers');
  expect((await client.control('GET', '/world')).body).toMatchObject({
    servers: [{ name: 'web-1', status: 'running' }],
    unexpectedRequests: ['GET /v1/load_balancers'],
    failures: [],
  });
});

test('a queue keeps the order for one key, and goes on after a failure', async () => {
  const queue = new KeyedQueue();
  const done: string[] = [];
  const failing = queue.run('a', async () => {
    await Promise.resolve();
    throw new Error('broken');
  });
  const next = queue.run('a', async () => void done.push('a'));
  await queue.run('b', async () => void done.push('b'));
  await expect(failing).rejects.toThrow('broken');
  await next;
  expect(done).toEqual(['b', 'a']);
});

test('each caller of a shared run gets a run that began after its call', async () => {
  let value = 0;
  const seen: number[] = [];
  const latest = new Latest(async () => {
    const now = value;
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(now);
  });
  const runs = [];
  for (value = 1; value <= 3; value++) runs.push(latest.run());
  await Promise.all(runs);
  expect(seen).toEqual([1, 4]);
});
