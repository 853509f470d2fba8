import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen, type ListeningApi } from '../../api/conformance/listening-api';
import { TOKEN } from '../../api/test-client';
import { Namer, record, recorded, type Recorder } from './exchanges';
import { Terraform } from './terraform';

const stack = readFileSync(new URL('stack.tf', import.meta.url), 'utf8');
let api: ListeningApi;
let recorder: Recorder;
let terraform: Terraform;
const [ours, theirs] = [new Namer(), new Namer()];

beforeAll(async () => {
  api = await listen();
  recorder = await record(api.endpoint);
  terraform = await Terraform.start(stack, { endpoint: `${recorder.origin}/v1`, token: TOKEN });
});
afterAll(async () => {
  await terraform?.stop();
  recorder?.stop();
  await api?.stop();
});

const sorted = (requests: readonly string[]): readonly string[] => [...requests].sort();

test('01: creates the stack with the recorded requests', async () => {
  await terraform.apply();
  expect(sorted(ours.requests(recorder.take()))).toEqual(sorted(theirs.requests(recorded('hcloud', '01'))));
});

test('02: finds nothing to change, with the recorded requests', async () => {
  expect(await terraform.planExitCode()).toBe(0);
  expect(sorted(ours.requests(recorder.take()))).toEqual(sorted(theirs.requests(recorded('hcloud', '02'))));
});

const variables: string[] = [];
describe.each([
  ['03', 'rev=v2', 'hcloud_server.lb["lb1"]', 'update'],
  ['04', 'ssh_sources=["203.0.113.0/24","198.51.100.7/32"]', 'hcloud_firewall.edge', 'update'],
  ['05', 'type=cx33', 'hcloud_server.lb["lb1"]', 'update'],
  ['06', 'alias_ips=["10.0.1.100"]', 'hcloud_server.lb["lb1"]', 'update'],
  ['07', 'gateway=10.0.1.11', 'hcloud_network_route.egress', 'delete, create'],
  ['08', 'holder=lb2', 'hcloud_floating_ip_assignment.vip', 'update'],
  ['09', 'size=20', 'hcloud_volume.data', 'update'],
])('%s: %s', (number, variable, address, action) => {
  test(`makes ${address} ${action}, with the recorded requests`, async () => {
    variables.push(`-var=${variable}`);
    expect(await terraform.changes(...variables)).toEqual({ [address]: action });
    recorder.take();
    await terraform.apply(...variables);
    expect(sorted(ours.requests(recorder.take()))).toEqual(sorted(theirs.requests(recorded('hcloud', number))));
  });
});

test('11: creates a server again that was deleted by others, and what hangs on it', async () => {
  const lb2 = [...api.hardware.machines.values()].find(({ spec }) => spec.name === 'lb2')!;
  await fetch(`${api.endpoint}/servers/${lb2.spec.id}`, { method: 'DELETE', headers: { authorization: `Bearer ${TOKEN}` } });
  recorder.take();
  expect(await terraform.changes(...variables)).toEqual({
    'hcloud_server.lb["lb2"]': 'create',
    'hcloud_floating_ip_assignment.vip': 'create',
  });
  expect(sorted(ours.requests(recorder.take()))).toEqual(sorted(theirs.requests(recorded('hcloud', '10'))));
  await terraform.apply(...variables);
  expect(sorted(ours.requests(recorder.take()))).toEqual(sorted(theirs.requests(recorded('hcloud', '11'))));
  expect(await terraform.planExitCode(...variables)).toBe(0);
  recorder.take();
});

test('13: destroys everything with the recorded requests, and leaves nothing', async () => {
  await terraform.run('destroy', '-auto-approve', ...variables);
  expect(sorted(ours.requests(recorder.take()))).toEqual(sorted(theirs.requests(recorded('hcloud', '13'))));
  expect(await terraform.resources()).toEqual([]);
  expect([api.hardware.machines.size, api.hardware.volumes.size]).toEqual([0, 0]);
});
