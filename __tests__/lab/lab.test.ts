import { createAdaptorServer } from '@hono/node-server';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApi } from '../../lab/api';
import { until } from '../../lab/faults';
import { Lab } from '../../lab/lab';
import { labPaths } from '../../lab/machines/paths';
import type { Secrets } from '../../lab/machines/secrets';
import { FakeHardware } from './api/fake-hardware';

/** A lab without machines: the emulated API on its two sockets. */
const { control, tools, project } = createApi({ hardware: new FakeHardware(), tokens: {}, timings: { default: 1 } });
const servers = [control, tools].map(({ fetch }) => createAdaptorServer({ fetch }));
let folder: string;
let lab: Lab;

const made = async (path: string, body: object) => {
  const answer = await tools.request(`/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status, path).toBe(201);
  return (await answer.json()) as Record<string, { id: number; ip: string }>;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-'));
  const paths = { ...labPaths('fake'), controlSocket: join(folder, 'control.sock'), apiSocket: join(folder, 'api.sock') };
  await Promise.all(
    [paths.controlSocket, paths.apiSocket].map((path, index) => new Promise<void>((resolve) => servers[index]?.listen(path, resolve))),
  );
  const { floating_ip: floatingIp } = await made('/floating_ips', { type: 'ipv4', home_location: 'fsn1', name: 'site' });
  for (const [name, tier] of [
    ['db-1', 'mysql'],
    ['lb-2', 'lb'],
    ['lb-1', 'lb'],
  ])
    await made('/servers', { name, server_type: 'cx23', image: 'debian-13', location: 'fsn1', labels: { tier } });
  const { volume } = await made('/volumes', { name: 'db-1-data', size: 10, location: 'fsn1' });
  const idOf = (name: string) => project.servers.all().find((server) => server.name === name)?.id;
  lab = new Lab(paths, {} as Secrets, {}, floatingIp?.ip ?? '', { action: 0, answer: { from: 0, to: 0 } });
  await until('all run', async () => (await lab.machines()).every(({ running }) => running));
  await made(`/floating_ips/${floatingIp?.id}/actions/assign`, { server: idOf('lb-1') });
  await made(`/volumes/${volume?.id}/actions/attach`, { server: idOf('db-1') });
});
afterAll(async () => {
  servers.forEach((server) => server.close());
  await rm(folder, { recursive: true });
});

test('machines come in the order of tiers and names', async () => {
  expect((await lab.machines()).map(({ name, tier, serverType }) => `${name} ${tier} ${serverType}`)).toEqual([
    'lb-1 lb cx23',
    'lb-2 lb cx23',
    'db-1 mysql cx23',
  ]);
});

test('the holder of the floating IP is told by name, and that nobody has the alias', async () => {
  await expect.poll(() => lab.addressHolders(), { timeout: 10_000 }).toEqual({ floatingIp: 'lb-1', natGateway: null });
});

test('a power-off ends when the machine is off, whatever is broken at the API', async () => {
  await lab.apiFault({ effect: { kind: 'hang' } });
  await lab.powerOff('lb-2');
  expect((await lab.machines()).find(({ name }) => name === 'lb-2')).toMatchObject({ status: 'off', running: false });
});

test('a machine that is not there is an error that names those that are', async () => {
  await expect(lab.powerOn('lb-9')).rejects.toThrow('there is no machine lb-9, there are lb-1, lb-2, db-1');
});

test('a server is deleted with its data volume where that is wanted', async () => {
  await lab.deleteServer('db-1', { volume: true });
  expect([(await lab.machines()).map(({ name }) => name), project.volumes.all()]).toEqual([['lb-1', 'lb-2'], []]);
});
