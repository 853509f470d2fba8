import { describe, expect, test } from 'vitest';
import { TestClient, refusal } from './test-client';

const zone = { type: 'cloud', network_zone: 'eu-central' };

describe('subnets', () => {
  test.each([
    ['outside of the network', '10.1.0.0/24', "is not in the network's range"],
    ['that overlaps', '10.0.1.128/25', 'overlaps with subnet 10.0.1.0/24'],
    ['with host bits', '10.0.2.1/24', 'without host bits'],
  ])('refuse a range %s', async (_what, ip_range, message) => {
    const client = new TestClient();
    const { id } = await client.network();
    expect(refusal(await client.post(`/networks/${id}/actions/add_subnet`, { ...zone, ip_range }))).toContain(message);
  });

  test('get the first free /24 by default, and the gateway of the network', async () => {
    const client = new TestClient();
    const { id } = await client.network(['10.0.0.0/24']);
    await client.act(`/networks/${id}/actions/add_subnet`, zone);
    const { subnets } = (await client.get(`/networks/${id}`)).body.network;
    expect(subnets.map((subnet) => [subnet.ip_range, subnet.gateway])).toEqual([
      ['10.0.0.0/24', '10.0.0.1'],
      ['10.0.1.0/24', '10.0.0.1'],
    ]);
  });

  test('a second change of a network is refused while the first runs', async () => {
    const client = new TestClient();
    const { id } = await client.network([]);
    await client.post(`/networks/${id}/actions/add_subnet`, { ...zone, ip_range: '10.0.1.0/24' });
    const second = { ...zone, ip_range: '10.0.2.0/24' };
    expect(refusal(await client.post(`/networks/${id}/actions/add_subnet`, second))).toContain('409 conflict');
    await client.finish();
    expect((await client.post(`/networks/${id}/actions/add_subnet`, second)).status).toBe(201);
  });

  test('a subnet with servers cannot be deleted', async () => {
    const client = new TestClient();
    const { id } = await client.network();
    await client.server({ networks: [id] });
    const answer = await client.post(`/networks/${id}/actions/delete_subnet`, { ip_range: '10.0.1.0/24' });
    expect(refusal(answer)).toMatch(/422 service_error: .*servers are attached/);
  });

  test('a range outside of RFC 1918 is refused', async () => {
    const answer = await new TestClient().post('/networks', { name: 'net', ip_range: '8.8.0.0/16' });
    expect(refusal(answer)).toContain('must be a private IPv4 range');
  });
});

describe('routes', () => {
  test('reach the hardware when the action ends, and can be removed', async () => {
    const client = new TestClient();
    const { id } = await client.network();
    const route = { destination: '0.0.0.0/0', gateway: '10.0.1.10' };
    await client.act(`/networks/${id}/actions/add_route`, route);
    expect(client.hardware.network.routes).toEqual([{ networkRange: '10.0.0.0/16', ...route }]);
    await client.act(`/networks/${id}/actions/delete_route`, route);
    expect(client.hardware.network.routes).toEqual([]);
  });

  test.each([
    ['the first address of the network as gateway', { destination: '0.0.0.0/0', gateway: '10.0.0.1' }, 'is reserved'],
    ['a gateway elsewhere', { destination: '0.0.0.0/0', gateway: '192.168.0.2' }, "is not in the network's range"],
    ['a destination that a subnet covers', { destination: '10.0.1.0/24', gateway: '10.0.1.10' }, 'overlaps with subnet'],
  ])('refuse %s', async (_what, route, message) => {
    const client = new TestClient();
    const { id } = await client.network();
    expect(refusal(await client.post(`/networks/${id}/actions/add_route`, route))).toContain(message);
  });
});

describe('attachments', () => {
  async function attached() {
    const client = new TestClient();
    const network = await client.network(['10.0.1.0/24', '10.0.2.0/24']);
    const one = await client.server({ name: 'lb-1' });
    const other = await client.server({ name: 'lb-2' });
    const attach = (server: number, given: object) =>
      client.post(`/servers/${server}/actions/attach_to_network`, { network: network.id, ...given });
    return { client, network: network.id, one: one.id, other: other.id, attach };
  }

  test('appear, and reach the hardware, when the action ends', async () => {
    const { client, network, one, attach } = await attached();
    await attach(one, { ip: '10.0.1.11', alias_ips: ['10.0.1.10'] });
    expect((await client.get(`/servers/${one}`)).body.server.private_net).toEqual([]);
    await client.finish();
    const shown = (await client.get(`/servers/${one}`)).body.server.private_net;
    expect(shown).toEqual([{ network, ip: '10.0.1.11', alias_ips: ['10.0.1.10'], mac_address: shown[0]!.mac_address }]);
    expect(shown[0]!.mac_address).toMatch(/^86:00:00(:[0-9a-f]{2}){3}$/);
    expect(client.hardware.server(one)!.privateNets).toEqual([
      {
        networkId: network,
        networkName: 'net',
        networkRange: '10.0.0.0/16',
        subnetRange: '10.0.1.0/24',
        gateway: '10.0.0.1',
        ip: '10.0.1.11',
        aliasIps: ['10.0.1.10'],
        macAddress: shown[0]!.mac_address,
      },
    ]);
  });

  test.each([
    ['a taken address', '10.0.1.11', 'ip_not_available'],
    ['an alias of another server', '10.0.1.10', 'ip_not_available'],
    ['the network address of the subnet', '10.0.1.0', 'ip_not_available'],
    ['the broadcast address of the subnet', '10.0.1.255', 'ip_not_available'],
    ['an address in no subnet', '10.0.9.1', 'no_subnet_available'],
  ])('refuse %s', async (_what, ip, code) => {
    const { client, one, other, attach } = await attached();
    await attach(one, { ip: '10.0.1.11', alias_ips: ['10.0.1.10'] });
    await client.finish();
    expect(refusal(await attach(other, { ip }))).toContain(`422 ${code}`);
  });

  test('10.0.1.1 is usable, as the gateway is the first address of the network and not of the subnet', async () => {
    const { one, attach } = await attached();
    expect((await attach(one, { ip: '10.0.1.1' })).status).toBe(201);
  });

  test('by default the address is the next free one of the last subnet', async () => {
    const { client, one, other, attach } = await attached();
    await attach(one, {});
    await attach(other, { ip_range: '10.0.1.0/24' });
    await client.finish();
    expect(client.hardware.server(one)!.privateNets[0]!.ip).toBe('10.0.2.1');
    expect(client.hardware.server(other)!.privateNets[0]!.ip).toBe('10.0.1.1');
  });

  test('a second attach to the network is refused, also while the first runs', async () => {
    const { one, attach } = await attached();
    await attach(one, { ip: '10.0.1.11' });
    expect(refusal(await attach(one, { ip: '10.0.1.12' }))).toContain('server_already_attached');
  });

  test('while another action runs on the server it is locked for attaching, and only for that', async () => {
    const { client, network, one, attach } = await attached();
    await client.post(`/servers/${one}/actions/reboot`);
    expect(refusal(await attach(one, { ip: '10.0.1.11' }))).toBe('423 locked: server is locked');
    expect((await client.put(`/servers/${one}`, { labels: { a: 'b' } })).status).toBe(200);
    expect((await client.post(`/servers/${one}/actions/poweroff`)).status).toBe(201);
    await client.finish();
    expect(await client.act(`/servers/${one}/actions/attach_to_network`, { network, ip: '10.0.1.11' })).toMatchObject({
      status: 'success',
    });
  });

  test('with the fault alias-held, an alias stays with a server that has lost its power for that time', async () => {
    const { client, network, one, other, attach } = await attached();
    await attach(one, { ip: '10.0.1.11', alias_ips: ['10.0.1.10'] });
    await attach(other, { ip: '10.0.1.12' });
    await client.finish();
    const change = (server: number, alias_ips: string[]) =>
      client.post(`/servers/${server}/actions/change_alias_ips`, { network, alias_ips });
    await client.fault({ effect: { kind: 'alias-held', milliseconds: 30_000 } });
    await client.act(`/servers/${one}/actions/poweroff`);
    expect(refusal(await change(one, []))).toContain('423 locked');
    expect(refusal(await change(other, ['10.0.1.10']))).toContain('422 ip_not_available');
    await client.clock.advance(30_000);
    expect((await change(one, [])).status).toBe(201);
    expect(refusal(await change(one, ['10.0.1.13']))).toContain('423 locked');
    await client.finish();
    expect((await change(other, ['10.0.1.10'])).status).toBe(201);
  });

  test('an alias moves in two steps, because it belongs to one server at a time', async () => {
    const { client, network, one, other, attach } = await attached();
    await attach(one, { ip: '10.0.1.11', alias_ips: ['10.0.1.10'] });
    await attach(other, { ip: '10.0.1.12' });
    await client.finish();
    const change = (server: number, alias_ips: string[]) =>
      client.post(`/servers/${server}/actions/change_alias_ips`, { network, alias_ips });
    expect(refusal(await change(other, ['10.0.1.10']))).toContain('ip_not_available');
    await change(one, []);
    await client.finish();
    expect((await change(other, ['10.0.1.10'])).status).toBe(201);
    await client.finish();
    expect(client.hardware.server(one)!.privateNets[0]!.aliasIps).toEqual([]);
    expect(client.hardware.server(other)!.privateNets[0]!.aliasIps).toEqual(['10.0.1.10']);
  });

  test('a failed attach releases the address', async () => {
    const { client, one, attach } = await attached();
    await client.fault({ effect: { kind: 'action-fails', command: 'attach_to_network' }, count: 1 });
    await attach(one, { ip: '10.0.1.11' });
    await client.finish();
    expect((await attach(one, { ip: '10.0.1.11' })).status).toBe(201);
  });

  test('a deleted network detaches its servers', async () => {
    const { client, network, one, attach } = await attached();
    await attach(one, { ip: '10.0.1.11' });
    await client.finish();
    expect((await client.delete(`/networks/${network}`)).status).toBe(204);
    await client.finish();
    expect(client.hardware.server(one)!.privateNets).toEqual([]);
  });

  test('a network without a subnet in the zone of the server has no address for it', async () => {
    const { client, network } = await attached();
    const { id } = await client.server({ name: 'far', location: 'hil', server_type: 'cpx11' });
    expect(refusal(await client.post(`/servers/${id}/actions/attach_to_network`, { network }))).toContain('no_subnet_available');
  });
});
