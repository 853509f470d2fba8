import { z } from 'zod';
import { renderAction } from './action-routes';
import { deleteProtected } from './errors';
import { SELECTABLE, list } from './lists';
import type { Server } from './models';
import { del, get, labelsSchema, ok, post, put } from './requests';
import type { Call, Reply, Route } from './requests';
import { createSchema, createServer, serverName } from './server-create';
import { renderServer } from './server-view';
import { refreshStatus } from './server-status';
import { rename } from './store';
import type { Project } from './project';

const updateSchema = z.strictObject({ name: serverName.optional(), labels: labelsSchema.optional() });

export const routes: readonly Route[] = [
  get('/v1/servers', [...SELECTABLE, 'status'], async (call) => {
    await refreshStatus(call.project, call.project.servers.all());
    return list(call, 'servers', call.project.servers.all(), {
      render: (server) => renderServer(call.project, server),
      filters: { status: (server) => server.status },
    });
  }),
  post('/v1/servers', createSchema, createServer),
  get('/v1/servers/:id', [], async ({ project, id }) => {
    await refreshStatus(project, [project.servers.get(id)]);
    return ok({ server: renderServer(project, project.servers.get(id)) });
  }),
  put('/v1/servers/:id', updateSchema, ({ project, id, body }) => {
    const server = project.servers.get(id);
    rename(project.servers, server, body);
    // firewalls applied by label selector follow the labels
    project.syncNetworkSoon();
    return ok({ server: renderServer(project, server) });
  }),
  del('/v1/servers/:id', remove),
];

/** Removes the server at once, and its machine while the action runs. */
function remove(call: Call): Reply {
  const { project, id } = call;
  const server = project.servers.get(id);
  if (server.deleteProtection) throw deleteProtected('server');
  const volumeIds = project.volumes
    .all()
    .filter((volume) => volume.serverId === id)
    .map((volume) => volume.id);
  forget(project, server);
  const action = call.start({
    command: 'delete_server',
    resources: [['server', id]],
    hardware: () => destroyMachine(project, server, volumeIds),
    changesNetwork: true,
  });
  return ok({ action: renderAction(project, action) });
}

function forget(project: Project, server: Server): void {
  project.servers.remove(server.id);
  for (const volume of project.volumes.all()) if (volume.serverId === server.id) volume.serverId = null;
  for (const floatingIp of project.floatingIps.all()) if (floatingIp.serverId === server.id) floatingIp.serverId = null;
  for (const firewall of project.firewalls.all()) {
    firewall.appliedTo = firewall.appliedTo.filter((target) => target.type !== 'server' || target.serverId !== server.id);
  }
  for (const primaryIp of project.primaryIps.all().filter((each) => each.assigneeId === server.id)) {
    if (primaryIp.autoDelete) project.primaryIps.remove(primaryIp.id);
    else primaryIp.assigneeId = null;
  }
}

/** Holds the volumes until the machine is gone: a client may already want to attach them elsewhere. */
function destroyMachine(project: Project, server: Server, volumeIds: readonly number[]): Promise<void> {
  const destroy = async (): Promise<void> => {
    if (server.machine === 'none') return;
    if (server.machine === 'made') await project.hardware.powerOff(server.id);
    for (const volumeId of volumeIds) await project.hardware.detachVolume(volumeId);
    await project.hardware.destroyServer(server.id);
  };
  const locked = volumeIds.reduce<() => Promise<void>>(
    (work, volumeId) => () => project.exclusively(`volume:${volumeId}`, work),
    () => project.exclusively(`server:${server.id}`, destroy),
  );
  return locked();
}
