import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listen, type ListeningApi } from '../../api/conformance/listening-api';
import { PUBLIC_KEY, TOKEN } from '../../api/test-client';
import { Terraform } from './terraform';

let api: ListeningApi;
let terraform: Terraform | undefined;
beforeEach(async () => {
  api = await listen();
});
afterEach(async () => {
  await terraform?.stop();
  terraform = undefined;
  await api.stop();
});

const TERRAFORM = 'terraform {\n  required_providers {\n    hcloud = { source = "hetznercloud/hcloud" }\n  }\n}\n';
const PROVIDER = 'provider "hcloud" {\n  poll_interval = "50ms"\n}\n';

async function start(resources: string, provider = PROVIDER): Promise<Terraform> {
  terraform = await Terraform.start(TERRAFORM + provider + resources, { endpoint: api.endpoint, token: TOKEN });
  return terraform;
}
const server = (more = '', name = 's'): string =>
  `resource "hcloud_server" "${name}" {\n  name = "${name}"\n  server_type = "cx23"\n  image = "debian-13"\n  location = "fsn1"\n  ${more}\n}\n`;

describe('refuses before anything is sent', () => {
  test.each([
    [
      'a token of another length',
      server(),
      `provider "hcloud" {\n  token = "abc"\n}\n`,
      /entered token is invalid \(must be exactly 64 characters long\)/,
    ],
    ['an attribute that is not in the schema', server('colour = "red"'), PROVIDER, /Unsupported argument/],
    ['a label that Hetzner would refuse', server('labels = { "a b" = "c" }'), PROVIDER, /label key 'a b' is not correctly formatted/],
    ['the attribute datacenter', server('datacenter = "fsn1-dc14"'), PROVIDER, /Removed Attribute/],
    [
      'a network block without network',
      server('network {\n    ip = "10.0.0.5"\n  }'),
      PROVIDER,
      /must specify either network_id or subnet_id/,
    ],
    [
      'one network twice',
      server('network {\n    network_id = 5\n  }\n  network {\n    network_id = 5\n    ip = "10.0.0.9"\n  }'),
      PROVIDER,
      /attached to each network once: 5/,
    ],
    [
      'an address outside its subnet',
      server('network {\n    subnet_id = "6-10.0.0.0/24"\n    ip = "10.9.0.1"\n  }'),
      PROVIDER,
      /outside subnet IP range/,
    ],
    [
      'an unknown protocol',
      'resource "hcloud_firewall" "f" {\n  name = "f"\n  rule {\n    direction = "in"\n    protocol = "ip"\n  }\n}\n',
      PROVIDER,
      /ip is not a valid protocol/,
    ],
    [
      'a range with host bits',
      'resource "hcloud_firewall" "f" {\n  name = "f"\n  rule {\n    direction = "in"\n    protocol = "icmp"\n    source_ips = ["10.0.0.1/24"]\n  }\n}\n',
      PROVIDER,
      /is not the start of the cidr\s+block/,
    ],
    [
      'both network and subnet',
      'resource "hcloud_server_network" "n" {\n  server_id = 1\n  network_id = 2\n  subnet_id = "2-10.0.0.0/24"\n}\n',
      PROVIDER,
      /Invalid Attribute Combination/,
    ],
  ])('%s', async (_, resources, provider, message) => {
    const run = await (await start(resources, provider)).run('plan');
    expect(run.output.replace(/\n/g, ' ')).toMatch(message);
    expect(run.exitCode).toBe(1);
    expect(api.hardware.calls).toEqual([]);
  });
});

test('stores a new server as the real provider does, zero values included', async () => {
  const run = await start(server('user_data = "#!/bin/sh\\n"\n  public_net {\n    ipv6_enabled = false\n  }'));
  await run.apply();
  expect(await run.values('hcloud_server', 's')).toMatchObject({
    name: 's',
    status: 'running',
    ipv4_address: '203.0.113.10',
    ipv6_address: '',
    backups: false,
    labels: null,
    placement_group_id: 0,
    user_data: 'vZcb7IgUmVZFihD8nF7LPrmd1FI=',
    public_net: [{ ipv4: 0, ipv4_enabled: true, ipv6: 0, ipv6_enabled: false }],
  });
  expect(await run.planExitCode()).toBe(0);
});

test('keeps a server tainted whose creation failed halfway, and replaces it', async () => {
  const run = await start(server());
  api.hardware.broken.add('powerOn');
  expect((await run.run('apply', '-auto-approve')).output).toMatch(/Action failed: powerOn is broken \(action_failed, \d+\)/);
  api.hardware.broken.clear();
  expect(await run.changes()).toEqual({ 'hcloud_server.s': 'delete, create' });
  await run.apply();
  expect(api.hardware.machines.size).toBe(1);
});

test('cannot delete what is protected until the protection is off', async () => {
  const [on, off] = ['true', 'false'].map((value) => server(`delete_protection = ${value}\n  rebuild_protection = ${value}`)) as [
    string,
    string,
  ];
  const run = await start(on);
  await run.apply();
  expect((await run.run('destroy', '-auto-approve')).output).toMatch(/\(protected/);
  await run.write(TERRAFORM + PROVIDER + off);
  await run.apply();
  expect((await run.run('destroy', '-auto-approve')).exitCode).toBe(0);
});

test('lets others assign the floating IP and move alias IPs when told to ignore that', async () => {
  const network =
    'resource "hcloud_network" "n" {\n  name = "n"\n  ip_range = "10.0.0.0/16"\n}\nresource "hcloud_network_subnet" "n" {\n  network_id = hcloud_network.n.id\n  type = "cloud"\n  network_zone = "eu-central"\n  ip_range = "10.0.1.0/24"\n}\n';
  const attached = (ip: string): string =>
    `network {\n    network_id = hcloud_network.n.id\n    ip = "${ip}"\n  }\n  depends_on = [hcloud_network_subnet.n]\n  lifecycle {\n    ignore_changes = [network]\n  }`;
  const vip =
    'resource "hcloud_floating_ip" "v" {\n  type = "ipv4"\n  home_location = "fsn1"\n}\nresource "hcloud_floating_ip_assignment" "v" {\n  floating_ip_id = hcloud_floating_ip.v.id\n  server_id = hcloud_server.a.id\n  lifecycle {\n    ignore_changes = [server_id]\n  }\n}\n';
  const run = await start(network + server(attached('10.0.1.11'), 'a') + server(attached('10.0.1.12'), 'b') + vip);
  await run.apply();
  const b = await run.values('hcloud_server', 'b');
  const post = (path: string, body: object): Promise<Response> =>
    fetch(api.endpoint + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const { id: ip } = await run.values('hcloud_floating_ip', 'v');
  const { id: net } = await run.values('hcloud_network', 'n');
  await post(`/floating_ips/${String(ip)}/actions/assign`, { server: Number(b['id']) });
  await post(`/servers/${String(b['id'])}/actions/change_alias_ips`, { network: Number(net), alias_ips: ['10.0.1.10'] });
  await expect.poll(() => run.planExitCode(), { timeout: 5000 }).toBe(0);
  expect(await run.changes()).toEqual({});
});

test('lists servers as the real provider does, by selector and status, with empty texts for what it never reads', async () => {
  const lists = ['all', 'web', 'off']
    .map(
      (name, index) =>
        `data "hcloud_servers" "${name}" {\n  ${['', 'with_selector = "tier=web"', 'with_status = ["off"]'][index] ?? ''}\n}\n`,
    )
    .join('');
  const servers = server('labels = { tier = "web" }', 'a') + server('', 'b');
  const run = await start(servers);
  await run.apply();
  await run.write(TERRAFORM + PROVIDER + servers + lists);
  await run.apply();
  const listed = async (name: string) =>
    (await run.resources()).find((each) => each.type === 'hcloud_servers' && each.name === name)!.values['servers'] as readonly {
      name: string;
    }[];
  expect([await listed('all'), await listed('web'), await listed('off')].map((found) => found.map(({ name }) => name).sort())).toEqual([
    ['a', 'b'],
    ['a'],
    [],
  ]);
  expect((await listed('web'))[0]).toMatchObject({
    server_type: 'cx23',
    location: 'fsn1',
    primary_disk_size: 40,
    status: 'running',
    datacenter: '',
    iso: '',
    rescue: '',
    labels: { tier: 'web' },
    network: [],
    placement_group_id: 0,
  });
});

test('imports a server by its id', async () => {
  const run = await start(server());
  await run.apply();
  const { id } = await run.values('hcloud_server', 's');
  await run.run('state', 'rm', 'hcloud_server.s');
  expect((await run.run('import', 'hcloud_server.s', String(id))).exitCode).toBe(0);
  expect(await run.values('hcloud_server', 's')).toMatchObject({ id, name: 's', server_type: 'cx23' });
});

test('replaces a key whose material changed, and renames it in place', async () => {
  const key = (name: string, comment: string): string =>
    `resource "hcloud_ssh_key" "k" {\n  name = "${name}"\n  public_key = "${PUBLIC_KEY}${comment}"\n}\n`;
  const run = await start(key('a', ''));
  await run.apply();
  await run.write(TERRAFORM + PROVIDER + key('b', ''));
  expect(await run.changes()).toEqual({ 'hcloud_ssh_key.k': 'update' });
  await run.write(TERRAFORM + PROVIDER + key('a', ' me'));
  expect(await run.changes()).toEqual({ 'hcloud_ssh_key.k': 'delete, create' });
});
