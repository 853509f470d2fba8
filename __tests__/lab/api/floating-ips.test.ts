import { expect, test } from 'vitest';
import { Project, refusal } from './project';

async function withTwoServers() {
  const project = new Project();
  const one = await project.server({ name: 'lb-1' });
  const other = await project.server({ name: 'lb-2' });
  const floatingIp = await project.floatingIp();
  return { project, one, other, floatingIp, path: `/floating_ips/${floatingIp.id}` };
}

test('a floating IP moves when the action succeeds, not when the request is accepted', async () => {
  const { project, one, floatingIp, path } = await withTwoServers();
  const { status, body } = await project.post(`${path}/actions/assign`, { server: one.id });
  expect(status).toBe(201);
  expect(body.action).toMatchObject({ command: 'assign_floating_ip', status: 'running', finished: null });
  await project.clock.advance(900);
  expect((await project.get(path)).body.floating_ip.server).toBeNull();
  expect(project.hardware.server(one.id)!.floatingIps).toEqual([]);
  await project.clock.advance(200);
  expect((await project.get(path)).body.floating_ip.server).toBe(one.id);
  expect(project.hardware.server(one.id)!.floatingIps).toEqual([floatingIp.ip]);
  expect((await project.get(`/actions/${body.action.id}`)).body.action).toMatchObject({ status: 'success', progress: 100 });
});

test('an assigned floating IP moves in one call', async () => {
  const { project, one, other, floatingIp, path } = await withTwoServers();
  await project.act(`${path}/actions/assign`, { server: one.id });
  await project.act(`${path}/actions/assign`, { server: other.id });
  expect(project.hardware.server(one.id)!.floatingIps).toEqual([]);
  expect(project.hardware.server(other.id)!.floatingIps).toEqual([floatingIp.ip]);
  expect((await project.get(`/servers/${other.id}`)).body.server.public_net.floating_ips).toEqual([floatingIp.id]);
});

test('a floating IP cannot be assigned to the server that has it', async () => {
  const { project, one, path } = await withTwoServers();
  await project.act(`${path}/actions/assign`, { server: one.id });
  expect(refusal(await project.post(`${path}/actions/assign`, { server: one.id }))).toContain('422 floating_ip_assigned');
});

test('a floating IP cannot be assigned to a server in another network zone', async () => {
  const { project, path } = await withTwoServers();
  const far = await project.server({ name: 'far', location: 'ash', server_type: 'cpx11' });
  expect(refusal(await project.post(`${path}/actions/assign`, { server: far.id }))).toContain('not in network zone eu-central');
});

test('an action that fails by a fault leaves the floating IP where it is', async () => {
  const { project, one, path } = await withTwoServers();
  await project.fault({ match: { path: '/actions/assign$' }, effect: { kind: 'action-fails' }, count: 1 });
  const action = await project.act(`${path}/actions/assign`, { server: one.id });
  expect(action).toMatchObject({ status: 'error', error: { code: 'action_failed', message: 'Action failed' } });
  expect((await project.get(path)).body.floating_ip.server).toBeNull();
  expect((await project.act(`${path}/actions/assign`, { server: one.id })).status).toBe('success');
});

test('an assigned floating IP cannot be deleted, and is unassigned when its server is deleted', async () => {
  const { project, one, path } = await withTwoServers();
  await project.act(`${path}/actions/assign`, { server: one.id });
  expect(refusal(await project.delete(path))).toContain('422 must_be_unassigned');
  await project.delete(`/servers/${one.id}`);
  expect((await project.get(path)).body.floating_ip.server).toBeNull();
  expect((await project.delete(path)).status).toBe(204);
});

test('reverse DNS of a floating IP is set and reset to the default', async () => {
  const { project, floatingIp, path } = await withTwoServers();
  const ip = floatingIp.ip;
  await project.act(`${path}/actions/change_dns_ptr`, { ip, dns_ptr: 'vip.example.com' });
  expect((await project.get(path)).body.floating_ip.dns_ptr).toEqual([{ ip, dns_ptr: 'vip.example.com' }]);
  await project.act(`${path}/actions/change_dns_ptr`, { ip, dns_ptr: null });
  expect((await project.get(path)).body.floating_ip.dns_ptr).toEqual([{ ip, dns_ptr: 'static.100.113.0.203.clients.your-server.de' }]);
});

test('a protected floating IP cannot be deleted', async () => {
  const { project, path } = await withTwoServers();
  await project.act(`${path}/actions/change_protection`, { delete: true });
  expect(refusal(await project.delete(path))).toBe('423 protected: floating ip is delete protected');
});

test('a floating IP that is moving cannot be moved again', async () => {
  const { project, one, other, path } = await withTwoServers();
  await project.post(`${path}/actions/assign`, { server: one.id });
  expect(refusal(await project.post(`${path}/actions/assign`, { server: other.id }))).toContain('423 locked');
  expect(refusal(await project.post(`${path}/actions/unassign`, {}))).toContain('423 locked');
  await project.finish();
  expect((await project.act(`${path}/actions/assign`, { server: other.id })).status).toBe('success');
});

test('with the fault unassign-first, a floating IP moves only after it was unassigned', async () => {
  const { project, one, other, path } = await withTwoServers();
  await project.fault({ effect: { kind: 'unassign-first' } });
  expect((await project.act(`${path}/actions/assign`, { server: one.id })).status).toBe('success');
  expect(refusal(await project.post(`${path}/actions/assign`, { server: other.id }))).toContain('422 floating_ip_assigned');
  await project.act(`${path}/actions/unassign`, {});
  expect((await project.act(`${path}/actions/assign`, { server: other.id })).status).toBe('success');
  expect((await project.get(path)).body.floating_ip.server).toBe(other.id);
});
