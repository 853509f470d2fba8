import { expect, test } from 'vitest';
import { TestClient, refusal } from './test-client';

async function withPrimaryIp() {
  const client = new TestClient();
  const { body } = await client.post('/primary_ips', { name: 'edge', type: 'ipv4', location: 'fsn1', auto_delete: false });
  return { client, ...body.primary_ip };
}

test("a Primary IP given in a server's create call outlives the server", async () => {
  const { client, id, ip } = await withPrimaryIp();
  const server = await client.server({ public_net: { enable_ipv4: true, enable_ipv6: false, ipv4: id } });
  expect(server.public_net).toMatchObject({ ipv4: { id, ip }, ipv6: null });
  expect(client.hardware.server(server.id)!.publicIpv4).toBe(ip);
  expect(refusal(await client.delete(`/primary_ips/${id}`))).toContain('422 must_be_unassigned');
  await client.delete(`/servers/${server.id}`);
  expect((await client.get(`/primary_ips/${id}`)).body.primary_ip).toMatchObject({ assignee_id: null, assignee_type: 'server' });
  expect((await client.delete(`/primary_ips/${id}`)).status).toBe(204);
});

test('a Primary IP moves only while the server is off', async () => {
  const { client, id, ip } = await withPrimaryIp();
  const server = await client.server({ public_net: { enable_ipv4: false, enable_ipv6: true } });
  const assign = { assignee_id: server.id, assignee_type: 'server' };
  expect(refusal(await client.post(`/primary_ips/${id}/actions/assign`, assign))).toContain('422 server_not_stopped');
  await client.act(`/servers/${server.id}/actions/poweroff`);
  await client.act(`/primary_ips/${id}/actions/assign`, assign);
  expect(client.hardware.server(server.id)!.publicIpv4).toBe(ip);
  await client.act(`/primary_ips/${id}/actions/unassign`);
  expect(client.hardware.server(server.id)!.publicIpv4).toBeNull();
});

test('a server has one Primary IP of each family', async () => {
  const { client, id } = await withPrimaryIp();
  const server = await client.server();
  await client.act(`/servers/${server.id}/actions/poweroff`);
  const answer = await client.post(`/primary_ips/${id}/actions/assign`, { assignee_id: server.id, assignee_type: 'server' });
  expect(refusal(answer)).toContain('422 server_has_ipv4');
});

test.each([
  ['of the wrong family', { public_net: { ipv6: 0 } }, 'primary_ip_version_mismatch'],
  ['of another location', { location: 'nbg1', public_net: { ipv4: 0 } }, 'primary_ip_datacenter_mismatch'],
])('a Primary IP %s is refused', async (_what, given, code) => {
  const { client, id } = await withPrimaryIp();
  const public_net = Object.fromEntries(Object.keys(given.public_net).map((family) => [family, id]));
  const answer = await client.post('/servers', { name: 'a', server_type: 'cx23', image: 'debian-13', ...given, public_net });
  expect(refusal(answer)).toContain(code);
});

test('the reverse DNS of a Primary IP and of its server are the same', async () => {
  const { client, id, ip } = await withPrimaryIp();
  const server = await client.server({ public_net: { ipv4: id } });
  await client.act(`/servers/${server.id}/actions/change_dns_ptr`, { ip, dns_ptr: 'lb-1.example.com' });
  expect((await client.get(`/primary_ips/${id}`)).body.primary_ip.dns_ptr).toEqual([{ ip, dns_ptr: 'lb-1.example.com' }]);
  expect((await client.get(`/servers/${server.id}`)).body.server.public_net.ipv4.dns_ptr).toBe('lb-1.example.com');
});

test('an update of a Primary IP without any field is accepted, because the provider sends one', async () => {
  const { client, id } = await withPrimaryIp();
  expect((await client.put(`/primary_ips/${id}`, {})).status).toBe(200);
});
