import { expect, test } from 'vitest';
import { TestClient, refusal } from './test-client';

async function withTwoServers() {
  const client = new TestClient();
  const one = await client.server({ name: 'lb-1' });
  const other = await client.server({ name: 'lb-2' });
  const floatingIp = await client.floatingIp();
  return { client, one, other, floatingIp, path: `/floating_ips/${floatingIp.id}` };
}

test('a floating IP moves when the action succeeds, not when the request is accepted', async () => {
  const { client, one, floatingIp, path } = await withTwoServers();
  const { status, body } = await client.post(`${path}/actions/assign`, { server: one.id });
  expect(status).toBe(201);
  expect(body.action).toMatchObject({ command: 'assign_floating_ip', status: 'running', finished: null });
  await client.clock.advance(900);
  expect((await client.get(path)).body.floating_ip.server).toBeNull();
  expect(client.hardware.server(one.id)!.floatingIps).toEqual([]);
  await client.clock.advance(200);
  expect((await client.get(path)).body.floating_ip.server).toBe(one.id);
  expect(client.hardware.server(one.id)!.floatingIps).toEqual([floatingIp.ip]);
  expect((await client.get(`/actions/${body.action.id}`)).body.action).toMatchObject({ status: 'success', progress: 100 });
});

test('an assigned floating IP moves in one call', async () => {
  const { client, one, other, floatingIp, path } = await withTwoServers();
  await client.act(`${path}/actions/assign`, { server: one.id });
  await client.act(`${path}/actions/assign`, { server: other.id });
  expect(client.hardware.server(one.id)!.floatingIps).toEqual([]);
  expect(client.hardware.server(other.id)!.floatingIps).toEqual([floatingIp.ip]);
  expect((await client.get(`/servers/${other.id}`)).body.server.public_net.floating_ips).toEqual([floatingIp.id]);
});

test('a floating IP cannot be assigned to the server that has it', async () => {
  const { client, one, path } = await withTwoServers();
  await client.act(`${path}/actions/assign`, { server: one.id });
  expect(refusal(await client.post(`${path}/actions/assign`, { server: one.id }))).toContain('422 floating_ip_assigned');
});

test('a floating IP cannot be assigned to a server in another network zone', async () => {
  const { client, path } = await withTwoServers();
  const far = await client.server({ name: 'far', location: 'ash', server_type: 'cpx11' });
  expect(refusal(await client.post(`${path}/actions/assign`, { server: far.id }))).toContain('not in network zone eu-central');
});

test('an action that fails by a fault leaves the floating IP where it is', async () => {
  const { client, one, path } = await withTwoServers();
  await client.fault({ match: { path: '/actions/assign$' }, effect: { kind: 'action-fails' }, count: 1 });
  const action = await client.act(`${path}/actions/assign`, { server: one.id });
  expect(action).toMatchObject({ status: 'error', error: { code: 'action_failed', message: 'Action failed' } });
  expect((await client.get(path)).body.floating_ip.server).toBeNull();
  expect((await client.act(`${path}/actions/assign`, { server: one.id })).status).toBe('success');
});

test('an assigned floating IP cannot be deleted, and is unassigned when its server is deleted', async () => {
  const { client, one, path } = await withTwoServers();
  await client.act(`${path}/actions/assign`, { server: one.id });
  expect(refusal(await client.delete(path))).toContain('422 must_be_unassigned');
  await client.delete(`/servers/${one.id}`);
  expect((await client.get(path)).body.floating_ip.server).toBeNull();
  expect((await client.delete(path)).status).toBe(204);
});

test('reverse DNS of a floating IP is set and reset to the default', async () => {
  const { client, floatingIp, path } = await withTwoServers();
  const ip = floatingIp.ip;
  await client.act(`${path}/actions/change_dns_ptr`, { ip, dns_ptr: 'vip.example.com' });
  expect((await client.get(path)).body.floating_ip.dns_ptr).toEqual([{ ip, dns_ptr: 'vip.example.com' }]);
  await client.act(`${path}/actions/change_dns_ptr`, { ip, dns_ptr: null });
  expect((await client.get(path)).body.floating_ip.dns_ptr).toEqual([{ ip, dns_ptr: 'static.100.113.0.203.clients.your-server.de' }]);
});

test('a protected floating IP cannot be deleted', async () => {
  const { client, path } = await withTwoServers();
  await client.act(`${path}/actions/change_protection`, { delete: true });
  expect(refusal(await client.delete(path))).toBe('423 protected: floating ip is delete protected');
});

test('a floating IP that is moving cannot be moved again', async () => {
  const { client, one, other, path } = await withTwoServers();
  await client.post(`${path}/actions/assign`, { server: one.id });
  expect(refusal(await client.post(`${path}/actions/assign`, { server: other.id }))).toContain('423 locked');
  expect(refusal(await client.post(`${path}/actions/unassign`, {}))).toContain('423 locked');
  await client.finish();
  expect((await client.act(`${path}/actions/assign`, { server: other.id })).status).toBe('success');
});

test('with the fault unassign-first, a floating IP moves only after it was unassigned', async () => {
  const { client, one, other, path } = await withTwoServers();
  await client.fault({ effect: { kind: 'unassign-first' } });
  expect((await client.act(`${path}/actions/assign`, { server: one.id })).status).toBe('success');
  expect(refusal(await client.post(`${path}/actions/assign`, { server: other.id }))).toContain('422 floating_ip_assigned');
  await client.act(`${path}/actions/unassign`, {});
  expect((await client.act(`${path}/actions/assign`, { server: other.id })).status).toBe('success');
  expect((await client.get(path)).body.floating_ip.server).toBe(other.id);
});
