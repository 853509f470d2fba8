import { describe, expect, test } from 'vitest';
import { PUBLIC_KEY, TestClient, refusal } from './test-client';

const valid = { name: 'web-1', server_type: 'cx23', image: 'debian-13', location: 'fsn1' };

describe('create', () => {
  test('the server is initializing until the machine is made, then starting, then running', async () => {
    const client = new TestClient();
    const { status, body } = await client.post('/servers', valid);
    expect(status).toBe(201);
    expect(body.server).toMatchObject({ status: 'initializing', locked: true });
    expect(body.action).toMatchObject({ command: 'create_server', status: 'running' });
    expect(body.next_actions).toMatchObject([{ command: 'start_server', status: 'running' }]);
    await client.finish();
    expect((await client.get(`/servers/${body.server.id}`)).body.server).toMatchObject({ status: 'running', locked: false });
  });

  test('the action runs as long as the hardware takes', async () => {
    const client = new TestClient();
    let made = (): void => undefined;
    client.hardware.gates.set('createServer', new Promise((resolve) => (made = resolve)));
    const { body } = await client.post('/servers', valid);
    const status = async () => (await client.get(`/actions/${body.action.id}`)).body.action.status;
    await client.clock.advance(60_000);
    expect(await status()).toBe('running');
    made();
    await client.finish();
    expect(await status()).toBe('success');
  });

  test('hands keys, user data and type to the hardware', async () => {
    const client = new TestClient();
    await client.post('/ssh_keys', { name: 'ops', public_key: PUBLIC_KEY });
    const server = await client.server({ ssh_keys: ['ops'], user_data: '#cloud-config\n' });
    expect(client.hardware.machines.get(server.id)!.spec).toEqual({
      id: server.id,
      name: 'web-1',
      image: 'debian-13',
      serverType: { name: 'cx23', cores: 2, memory: 4, disk: 40 },
      sshPublicKeys: [PUBLIC_KEY],
      userData: '#cloud-config\n',
      location: { name: 'fsn1', networkZone: 'eu-central' },
    });
  });

  test('a failure of the hardware fails the actions, and the server can still be deleted', async () => {
    const client = new TestClient();
    client.hardware.broken.add('createServer');
    const { body } = await client.post('/servers', valid);
    await client.finish();
    const actions = await client.get(`/actions?id=${body.action.id}&id=${body.next_actions[0]!.id}`);
    expect(actions.body.actions).toMatchObject([{ status: 'error', error: { code: 'action_failed' } }, { status: 'error' }]);
    expect(client.api.project.failures).toEqual([expect.stringContaining('createServer is broken')]);
    expect((await client.delete(`/servers/${body.server.id}`)).status).toBe(200);
  });

  test('makes both public addresses by default, and deletes them with the server', async () => {
    const client = new TestClient();
    const server = await client.server();
    expect(server.public_net).toMatchObject({ ipv4: { ip: '203.0.113.10' }, ipv6: { ip: '2001:db8:c:10::/64' } });
    expect((await client.get('/primary_ips')).body.primary_ips).toHaveLength(2);
    await client.delete(`/servers/${server.id}`);
    expect((await client.get('/primary_ips')).body.primary_ips).toEqual([]);
  });

  test.each([
    ['a type that is sold no more', { server_type: 'cx22' }, "server type 'cx22' does not exist"],
    ['a type that is sold elsewhere alone', { server_type: 'cpx11' }, 'deprecated'],
    ['a type that is not sold there', { location: 'ash' }, 'unsupported location for server type'],
    ['an unknown image', { image: 'debian-7' }, "image 'debian-7' does not exist"],
    ['an image of the other architecture', { server_type: 'cax11', image: 310557660 }, 'image is for x86'],
    ['an unknown location', { location: 'mars1' }, "location 'mars1' does not exist"],
    ['a name that is no host name', { name: 'web_1' }, 'RFC 1123'],
    ['an unknown SSH key', { ssh_keys: ['nobody'] }, "SSH key 'nobody' does not exist"],
    ['user data above 32 KiB', { user_data: 'x'.repeat(32 * 1024 + 1) }, 'longer than 32 KiB'],
    ['a reserved label prefix', { labels: { 'hetzner.cloud/x': 'y' } }, 'reserved'],
    ['no network interface at all', { public_net: { enable_ipv4: false, enable_ipv6: false } }, 'without any network interface'],
  ])('refuses %s', async (_what, given, message) => {
    const client = new TestClient();
    const answer = await client.post('/servers', { ...valid, ...given });
    expect(refusal(answer)).toContain('422 invalid_input');
    expect(refusal(answer)).toContain(message);
    expect(answer.body.error.details).toMatchObject({ fields: [{ messages: [expect.any(String)] }] });
    expect((await client.get('/servers')).body.servers).toEqual([]);
  });

  test('a name cannot be used twice', async () => {
    const client = new TestClient();
    await client.server();
    const answer = await client.post('/servers', valid);
    expect(refusal(answer)).toBe('409 uniqueness_error: server name is already used');
    expect(answer.body.error.details).toEqual({ fields: [{ name: 'name' }] });
  });

  test('a spread group takes ten servers', async () => {
    const client = new TestClient();
    const group = (await client.post('/placement_groups', { name: 'web', type: 'spread' })).body.placement_group.id;
    for (let index = 1; index <= 10; index++) await client.post('/servers', { ...valid, name: `web-${index}`, placement_group: group });
    expect(refusal(await client.post('/servers', { ...valid, name: 'web-11', placement_group: group }))).toContain('placement_error');
  });

  test('a server with networks is attached before it starts', async () => {
    const client = new TestClient();
    const network = await client.network();
    const server = await client.server({ networks: [network.id], public_net: { enable_ipv4: false, enable_ipv6: false } });
    expect(server.private_net).toMatchObject([{ network: network.id, ip: '10.0.1.1', alias_ips: [] }]);
    expect(server).toMatchObject({ status: 'running', public_net: { ipv4: null, ipv6: null, firewalls: [], floating_ips: [] } });
  });
});

describe('power', () => {
  test('a guest that stopped by itself is shown as off', async () => {
    const client = new TestClient();
    const server = await client.server();
    client.hardware.machines.get(server.id)!.running = false;
    expect((await client.get(`/servers/${server.id}`)).body.server.status).toBe('off');
    expect((await client.get('/servers?status=off')).body.servers).toHaveLength(1);
  });

  test('power off and power on run in the order of the requests', async () => {
    const client = new TestClient();
    const { id } = await client.server();
    await client.post(`/servers/${id}/actions/poweroff`);
    await client.post(`/servers/${id}/actions/poweron`);
    await client.finish();
    expect(client.hardware.calls.slice(-2)).toEqual([`powerOff ${id}`, `powerOn ${id}`]);
    expect((await client.get(`/servers/${id}`)).body.server.status).toBe('running');
  });

  test('a shutdown succeeds when the guest was asked, whether or not it stops', async () => {
    const client = new TestClient();
    const { id } = await client.server();
    expect(await client.act(`/servers/${id}/actions/shutdown`)).toMatchObject({ command: 'shutdown_server', status: 'success' });
    expect((await client.get(`/servers/${id}`)).body.server.status).toBe('running');
  });

  test('a changed type needs a stopped server, and starts it', async () => {
    const client = new TestClient();
    const { id } = await client.server();
    const change = { server_type: 'cx33', upgrade_disk: false };
    expect(refusal(await client.post(`/servers/${id}/actions/change_type`, change))).toContain('422 server_not_stopped');
    await client.act(`/servers/${id}/actions/poweroff`);
    await client.act(`/servers/${id}/actions/change_type`, change);
    const { body } = await client.get(`/servers/${id}`);
    expect(body.server).toMatchObject({ status: 'running', server_type: { name: 'cx33' }, primary_disk_size: 40 });
  });

  test('a change of type takes 20 s, in which the machine does not run', async () => {
    const client = new TestClient();
    const { id } = await client.server();
    await client.act(`/servers/${id}/actions/poweroff`);
    await client.post(`/servers/${id}/actions/change_type`, { server_type: 'cx33', upgrade_disk: true });
    const server = async () => (await client.get(`/servers/${id}`)).body.server;
    await client.clock.advance(19_000);
    expect(await server()).toMatchObject({ status: 'off', server_type: { name: 'cx23' } });
    expect(client.hardware.machines.get(id)?.running).toBe(false);
    for (const action of ['poweron', 'shutdown', 'reset'])
      expect(refusal(await client.post(`/servers/${id}/actions/${action}`))).toContain('423 locked');
    await client.clock.advance(2000);
    expect(await server()).toMatchObject({ status: 'running', server_type: { name: 'cx33' }, primary_disk_size: 80 });
  });

  test.each([
    ['a smaller disk', 'cx23', '422 invalid_server_type'],
    ['another architecture', 'cax41', '422 invalid_server_type'],
    ['a type that is sold out', 'cx53', '412 resource_unavailable'],
  ])('a change to %s is refused only when the server is off, and leaves it off', async (_what, type, code) => {
    const client = new TestClient();
    const { id } = await client.server({ server_type: 'cx33' });
    await client.fault({ effect: { kind: 'sold-out', serverType: 'cx53' } });
    const change = () => client.post(`/servers/${id}/actions/change_type`, { server_type: type, upgrade_disk: true });
    expect(refusal(await change())).toContain('422 server_not_stopped');
    await client.act(`/servers/${id}/actions/poweroff`);
    expect(refusal(await change())).toContain(code);
    await client.finish();
    expect((await client.get(`/servers/${id}`)).body.server).toMatchObject({ status: 'off', server_type: { name: 'cx33' } });
  });

  test('rebuild makes a new machine in the old place', async () => {
    const client = new TestClient();
    const { id } = await client.server();
    await client.act(`/servers/${id}/actions/rebuild`, { image: 'ubuntu-24.04' });
    expect(client.hardware.machines.get(id)).toMatchObject({ running: true, spec: { image: 'ubuntu-24.04' } });
  });
});

describe('delete', () => {
  test('removes the server at once, and keeps its action in the list', async () => {
    const client = new TestClient();
    const { id } = await client.server();
    const { status, body } = await client.delete(`/servers/${id}`);
    expect(status).toBe(200);
    expect(refusal(await client.get(`/servers/${id}`))).toBe(`404 not_found: server with ID '${id}' not found`);
    await client.finish();
    const { body: list } = await client.get(`/actions?id=${body.action.id}&page=1&sort=status&sort=id`);
    expect(list.actions).toMatchObject([{ command: 'delete_server', status: 'success' }]);
    expect(client.hardware.machines.size).toBe(0);
  });

  test('waits for the machine that is still being made', async () => {
    const client = new TestClient();
    let made = (): void => undefined;
    client.hardware.gates.set('createServer', new Promise((resolve) => (made = resolve)));
    const { id } = (await client.post('/servers', valid)).body.server;
    await client.delete(`/servers/${id}`);
    await client.finish();
    made();
    await client.finish();
    expect(client.hardware.machines.size).toBe(0);
    expect(client.api.project.failures).toEqual([]);
  });

  test('refuses a protected server', async () => {
    const client = new TestClient();
    const { id } = await client.server();
    await client.act(`/servers/${id}/actions/change_protection`, { delete: true, rebuild: true });
    expect(refusal(await client.delete(`/servers/${id}`))).toContain('423 protected');
    expect(refusal(await client.post(`/servers/${id}/actions/rebuild`, { image: 'debian-13' }))).toContain('423 protected');
  });
});
