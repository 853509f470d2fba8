import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PUBLIC_KEY, TOKEN } from '../test-client';
import { listen } from './listening-api';
import type { ListeningApi } from './listening-api';

let api: ListeningApi;

async function hcloud(...words: string[]): Promise<string> {
  const env = { HCLOUD_ENDPOINT: api.endpoint, HCLOUD_TOKEN: TOKEN, HOME: '/nonexistent' };
  const { stdout } = await execa('hcloud', words, { env, timeout: 30_000 });
  return stdout;
}
const describeAs = async (kind: string, name: string) =>
  JSON.parse(await hcloud(kind, 'describe', name, '-o', 'json')) as Record<string, unknown>;

beforeAll(async () => {
  api = await listen();
  await execa('hcloud', ['help']).catch((cause: unknown) => {
    throw new Error('the hcloud CLI is missing: apt-get install hcloud-cli', { cause });
  });
});
afterAll(() => api.stop());

test('hcloud creates every resource of a stack by its own command', async () => {
  await hcloud('ssh-key', 'create', '--name', 'ops', '--public-key', PUBLIC_KEY);
  await hcloud('network', 'create', '--name', 'net', '--ip-range', '10.0.0.0/16');
  await hcloud('network', 'add-subnet', 'net', '--type', 'cloud', '--network-zone', 'eu-central', '--ip-range', '10.0.1.0/24');
  await hcloud('network', 'add-route', 'net', '--destination', '0.0.0.0/0', '--gateway', '10.0.1.10');
  await hcloud('placement-group', 'create', '--name', 'lb', '--type', 'spread');
  await hcloud('firewall', 'create', '--name', 'edge');
  await hcloud('firewall', 'add-rule', 'edge', '--direction', 'in', '--protocol', 'tcp', '--port', '443', '--source-ips', '0.0.0.0/0');
  for (const name of ['lb-1', 'lb-2']) {
    await hcloud(
      'server',
      'create',
      '--name',
      name,
      '--type',
      'cx23',
      '--image',
      'debian-13',
      '--location',
      'fsn1',
      '--ssh-key',
      'ops',
      '--placement-group',
      'lb',
    );
  }
  await hcloud('floating-ip', 'create', '--type', 'ipv4', '--home-location', 'fsn1', '--name', 'vip');
  await hcloud('volume', 'create', '--name', 'data', '--size', '10', '--location', 'fsn1', '--format', 'ext4');
  expect(await describeAs('server', 'lb-1')).toMatchObject({ name: 'lb-1', status: 'running', location: { name: 'fsn1' } });
  expect(await describeAs('network', 'net')).toMatchObject({ routes: [{ destination: '0.0.0.0/0', gateway: '10.0.1.10' }] });
});

test.each([
  ['server', 'lb-1'],
  ['network', 'net'],
  ['floating-ip', 'vip'],
  ['firewall', 'edge'],
  ['volume', 'data'],
  ['ssh-key', 'ops'],
  ['placement-group', 'lb'],
  ['image', 'debian-13'],
  ['server-type', 'cx23'],
  ['location', 'fsn1'],
])('hcloud lists and describes %s %s', async (kind, name) => {
  expect(await hcloud(kind, 'list')).toContain(name);
  expect(await hcloud(kind, 'describe', name)).toContain(name);
});

test('hcloud lists Primary IPs and datacenters', async () => {
  expect(await hcloud('primary-ip', 'list')).toContain('203.0.113.10');
  expect(await hcloud('datacenter', 'list')).toContain('NAME');
});

test('hcloud sets labels, and selects by label', async () => {
  await hcloud('server', 'add-label', 'lb-1', 'role=lb');
  const selected = await hcloud('server', 'list', '-l', 'role=lb', '-o', 'noheader', '-o', 'columns=name');
  expect(selected.trim()).toBe('lb-1');
  await expect(hcloud('server', 'list', '-l', 'role=(')).rejects.toThrow(/invalid_input/);
});

test('hcloud attaches a server to a network, with alias addresses', async () => {
  await hcloud('server', 'attach-to-network', 'lb-1', '--network', 'net', '--ip', '10.0.1.11');
  await hcloud('server', 'change-alias-ips', 'lb-1', '--network', 'net', '--alias-ips', '10.0.1.10');
  expect(await describeAs('server', 'lb-1')).toMatchObject({ private_net: [{ ip: '10.0.1.11', alias_ips: ['10.0.1.10'] }] });
});

test('hcloud applies a firewall', async () => {
  await hcloud('firewall', 'apply-to-resource', 'edge', '--type', 'server', '--server', 'lb-1');
  expect(await hcloud('firewall', 'describe', 'edge')).toContain('lb-1');
  await hcloud('firewall', 'remove-from-resource', 'edge', '--type', 'server', '--server', 'lb-1');
});

test('hcloud assigns, moves and unassigns the floating IP', async () => {
  const holder = async () => (await describeAs('floating-ip', 'vip'))['server'];
  const id = async (name: string) => (await describeAs('server', name))['id'];
  await hcloud('floating-ip', 'assign', 'vip', 'lb-1');
  expect(await holder()).toBe(await id('lb-1'));
  await hcloud('floating-ip', 'assign', 'vip', 'lb-2');
  expect(await holder()).toBe(await id('lb-2'));
  await hcloud('floating-ip', 'unassign', 'vip');
  expect(await holder()).toBeNull();
});

test('hcloud attaches, detaches and grows a volume', async () => {
  await hcloud('volume', 'attach', 'data', '--server', 'lb-1');
  await hcloud('volume', 'detach', 'data');
  await hcloud('volume', 'resize', 'data', '--size', '20');
  expect(await describeAs('volume', 'data')).toMatchObject({ size: 20, server: null });
});

test('hcloud powers a server off and on', async () => {
  await hcloud('server', 'poweroff', 'lb-1');
  expect(await describeAs('server', 'lb-1')).toMatchObject({ status: 'off' });
  await hcloud('server', 'poweron', 'lb-1');
  expect(await describeAs('server', 'lb-1')).toMatchObject({ status: 'running' });
});

test('hcloud shows a refusal with its code', async () => {
  await hcloud('server', 'enable-protection', 'lb-1', 'delete', 'rebuild');
  await expect(hcloud('server', 'delete', 'lb-1')).rejects.toThrow(/protected/);
  await hcloud('server', 'disable-protection', 'lb-1', 'delete', 'rebuild');
});

test('hcloud deletes everything, and sent no request that the emulator does not know', async () => {
  for (const [kind, name] of [
    ['server', 'lb-1'],
    ['server', 'lb-2'],
    ['floating-ip', 'vip'],
    ['volume', 'data'],
    ['firewall', 'edge'],
    ['placement-group', 'lb'],
    ['network', 'net'],
    ['ssh-key', 'ops'],
  ] as const) {
    await hcloud(kind, 'delete', name);
  }
  expect(await hcloud('server', 'list', '-o', 'noheader')).toBe('');
  expect(api.hardware.machines.size).toBe(0);
  expect(api.project.unexpectedRequests).toEqual([]);
  expect(api.project.failures).toEqual([]);
});
