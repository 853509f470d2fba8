import { expect, test } from 'vitest';
import { TestClient, refusal } from './test-client';

async function withVolume() {
  const client = new TestClient();
  const { body } = await client.post('/volumes', { name: 'data', size: 10, location: 'fsn1', format: 'ext4' });
  await client.finish();
  return { client, id: body.volume.id, created: body };
}

test('a volume has the status creating until the disk is made', async () => {
  const { client, id, created } = await withVolume();
  expect(created).toMatchObject({
    volume: { status: 'creating', linux_device: `/dev/disk/by-id/scsi-0HC_Volume_${id}` },
    action: { command: 'create_volume' },
    next_actions: [],
  });
  expect((await client.get(`/volumes/${id}`)).body.volume.status).toBe('available');
  expect(client.hardware.volumes.get(id)).toEqual({ sizeGb: 10, serverId: null });
});

test('a volume is attached to one server at a time', async () => {
  const { client, id } = await withVolume();
  const one = await client.server({ name: 'db-1' });
  const other = await client.server({ name: 'db-2' });
  await client.act(`/volumes/${id}/actions/attach`, { server: one.id });
  expect(client.hardware.volumes.get(id)!.serverId).toBe(one.id);
  expect(refusal(await client.post(`/volumes/${id}/actions/attach`, { server: other.id }))).toContain('422 volume_already_attached');
  await client.act(`/volumes/${id}/actions/detach`, {});
  await client.act(`/volumes/${id}/actions/attach`, { server: other.id });
  expect(client.hardware.volumes.get(id)!.serverId).toBe(other.id);
});

test('a volume outlives its server, and can be attached to another at once', async () => {
  const { client, id } = await withVolume();
  const one = await client.server({ name: 'db-1' });
  const other = await client.server({ name: 'db-2' });
  await client.act(`/volumes/${id}/actions/attach`, { server: one.id });
  await client.delete(`/servers/${one.id}`);
  const action = await client.act(`/volumes/${id}/actions/attach`, { server: other.id });
  expect(action.status).toBe('success');
  expect(client.hardware.calls.slice(-4)).toEqual([
    `powerOff ${one.id}`,
    `detachVolume ${id}`,
    `destroyServer ${one.id}`,
    `attachVolume ${id}`,
  ]);
});

test('a volume only grows', async () => {
  const { client, id } = await withVolume();
  expect(refusal(await client.post(`/volumes/${id}/actions/resize`, { size: 10 }))).toContain('only grows');
  await client.act(`/volumes/${id}/actions/resize`, { size: 20 });
  expect(client.hardware.volumes.get(id)!.sizeGb).toBe(20);
});

test('a volume can be deleted when it is detached and not protected', async () => {
  const { client, id } = await withVolume();
  const server = await client.server();
  await client.act(`/volumes/${id}/actions/attach`, { server: server.id });
  expect(refusal(await client.delete(`/volumes/${id}`))).toContain('volume must be detached');
  await client.act(`/volumes/${id}/actions/detach`);
  await client.act(`/volumes/${id}/actions/change_protection`, { delete: true });
  expect(refusal(await client.delete(`/volumes/${id}`))).toContain('423 protected');
  await client.act(`/volumes/${id}/actions/change_protection`, { delete: false });
  expect((await client.delete(`/volumes/${id}`)).status).toBe(204);
  expect(client.hardware.volumes.size).toBe(0);
});

test('a volume cannot be attached in another location', async () => {
  const { client, id } = await withVolume();
  const far = await client.server({ location: 'nbg1' });
  expect(refusal(await client.post(`/volumes/${id}/actions/attach`, { server: far.id }))).toContain("not in the volume's location fsn1");
});

test('a failed attach leaves a volume detached', async () => {
  const { client, id } = await withVolume();
  const server = await client.server();
  client.hardware.broken.add('attachVolume');
  expect(await client.act(`/volumes/${id}/actions/attach`, { server: server.id })).toMatchObject({ status: 'error' });
  client.hardware.broken.clear();
  expect(await client.act(`/volumes/${id}/actions/attach`, { server: server.id })).toMatchObject({ status: 'success' });
});
