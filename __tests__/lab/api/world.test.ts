import { expect, test } from 'vitest';
import { KeyedQueue, Latest } from '../../../lab/api/queues';
import { Project } from './project';

test('the network is never synced twice at once, and ends in the state of the last change', async () => {
  const project = new Project();
  const server = await project.server();
  let open = (): void => undefined;
  project.hardware.gates.set('syncNetwork', new Promise((resolve) => (open = resolve)));
  const ids = [];
  for (const name of ['one', 'two', 'three']) ids.push((await project.floatingIp({ name })).id);
  for (const id of ids) await project.post(`/floating_ips/${id}/actions/assign`, { server: server.id });
  await project.finish();
  open();
  await project.finish();
  expect(project.hardware.mostSyncsAtOnce).toBe(1);
  expect(project.hardware.server(server.id)!.floatingIps).toHaveLength(3);
});

test('a network that cannot be synced fails the action, and is recorded', async () => {
  const project = new Project();
  const server = await project.server();
  const { id } = await project.floatingIp();
  project.hardware.broken.add('syncNetwork');
  const action = await project.act(`/floating_ips/${id}/actions/assign`, { server: server.id });
  expect(action).toMatchObject({ status: 'error', error: { message: 'Action failed: syncNetwork is broken' } });
  expect(project.api.world.failures).toEqual([expect.stringContaining('syncNetwork is broken')]);
});

test('a public address is not reused soon', async () => {
  const project = new Project();
  const first = await project.server();
  await project.delete(`/servers/${first.id}`);
  const second = await project.server();
  expect([first.public_net.ipv4.ip, second.public_net.ipv4.ip]).toEqual(['203.0.113.10', '203.0.113.11']);
});

test('the world dump shows resources and recorded errors', async () => {
  const project = new Project();
  await project.server();
  await project.get('/load_balancers');
  expect((await project.control('GET', '/world')).body).toMatchObject({
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
