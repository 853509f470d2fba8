import { expect, test } from 'vitest';
import { Project, refusal } from './project';

async function withVolume() {
  const project = new Project();
  const { body } = await project.post('/volumes', { name: 'data', size: 10, location: 'fsn1', format: 'ext4' });
  await project.finish();
  return { project, id: body.volume.id, created: body };
}

test('a volume has the status creating until the disk is made', async () => {
  const { project, id, created } = await withVolume();
  expect(created).toMatchObject({
    volume: { status: 'creating', linux_device: `/dev/disk/by-id/scsi-0HC_Volume_${id}` },
    action: { command: 'create_volume' },
    next_actions: [],
  });
  expect((await project.get(`/volumes/${id}`)).body.volume.status).toBe('available');
  expect(project.hardware.volumes.get(id)).toEqual({ sizeGb: 10, serverId: null });
});

test('a volume is attached to one server at a time', async () => {
  const { project, id } = await withVolume();
  const one = await project.server({ name: 'db-1' });
  const other = await project.server({ name: 'db-2' });
  await project.act(`/volumes/${id}/actions/attach`, { server: one.id });
  expect(project.hardware.volumes.get(id)!.serverId).toBe(one.id);
  expect(refusal(await project.post(`/volumes/${id}/actions/attach`, { server: other.id }))).toContain('422 volume_already_attached');
  await project.act(`/volumes/${id}/actions/detach`, {});
  await project.act(`/volumes/${id}/actions/attach`, { server: other.id });
  expect(project.hardware.volumes.get(id)!.serverId).toBe(other.id);
});

test('a volume outlives its server, and can be attached to another at once', async () => {
  const { project, id } = await withVolume();
  const one = await project.server({ name: 'db-1' });
  const other = await project.server({ name: 'db-2' });
  await project.act(`/volumes/${id}/actions/attach`, { server: one.id });
  await project.delete(`/servers/${one.id}`);
  const action = await project.act(`/volumes/${id}/actions/attach`, { server: other.id });
  expect(action.status).toBe('success');
  expect(project.hardware.calls.slice(-4)).toEqual([
    `powerOff ${one.id}`,
    `detachVolume ${id}`,
    `destroyServer ${one.id}`,
    `attachVolume ${id}`,
  ]);
});

test('a volume only grows', async () => {
  const { project, id } = await withVolume();
  expect(refusal(await project.post(`/volumes/${id}/actions/resize`, { size: 10 }))).toContain('only grows');
  await project.act(`/volumes/${id}/actions/resize`, { size: 20 });
  expect(project.hardware.volumes.get(id)!.sizeGb).toBe(20);
});

test('a volume can be deleted when it is detached and not protected', async () => {
  const { project, id } = await withVolume();
  const server = await project.server();
  await project.act(`/volumes/${id}/actions/attach`, { server: server.id });
  expect(refusal(await project.delete(`/volumes/${id}`))).toContain('volume must be detached');
  await project.act(`/volumes/${id}/actions/detach`);
  await project.act(`/volumes/${id}/actions/change_protection`, { delete: true });
  expect(refusal(await project.delete(`/volumes/${id}`))).toContain('423 protected');
  await project.act(`/volumes/${id}/actions/change_protection`, { delete: false });
  expect((await project.delete(`/volumes/${id}`)).status).toBe(204);
  expect(project.hardware.volumes.size).toBe(0);
});

test('a volume cannot be attached in another location', async () => {
  const { project, id } = await withVolume();
  const far = await project.server({ location: 'nbg1' });
  expect(refusal(await project.post(`/volumes/${id}/actions/attach`, { server: far.id }))).toContain("not in the volume's location fsn1");
});

test('a failed attach leaves a volume detached', async () => {
  const { project, id } = await withVolume();
  const server = await project.server();
  project.hardware.broken.add('attachVolume');
  expect(await project.act(`/volumes/${id}/actions/attach`, { server: server.id })).toMatchObject({ status: 'error' });
  project.hardware.broken.clear();
  expect(await project.act(`/volumes/${id}/actions/attach`, { server: server.id })).toMatchObject({ status: 'success' });
});
