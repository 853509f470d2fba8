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
import type { World } from './world';

const updateSchema = z.strictObject({ name: serverName.optional(), labels: labelsSchema.optional() });

export const routes: readonly Route[] = [
  get('/v1/servers', [...SELECTABLE, 'status'], async (call) => {
    await refreshStatus(call.world, call.world.servers.all());
    return list(call, 'servers', call.world.servers.all(), {
      render: (server) => renderServer(call.world, server),
      filters: { status: (server) => server.status },
    });
  }),
  post('/v1/servers', createSchema, createServer),
  get('/v1/servers/:id', [], async ({ world, id }) => {
    await refreshStatus(world, [world.servers.get(id)]);
    return ok({ server: renderServer(world, world.servers.get(id)) });
  }),
  put('/v1/servers/:id', updateSchema, ({ world, id, body }) => {
    const server = world.servers.get(id);
    rename(world.servers, server, body);
    // firewalls applied by label selector follow the labels
    world.syncNetworkSoon();
    return ok({ server: renderServer(world, server) });
  }),
  del('/v1/servers/:id', remove),
];

/** Removes the server at once, and its machine while the action runs. */
function remove(call: Call): Reply {
  const { world, id } = call;
  const server = world.servers.get(id);
  if (server.deleteProtection) throw deleteProtected('server');
  const volumeIds = world.volumes
    .all()
    .filter((volume) => volume.serverId === id)
    .map((volume) => volume.id);
  forget(world, server);
  const action = call.start({
    command: 'delete_server',
    resources: [['server', id]],
    hardware: () => destroyMachine(world, server, volumeIds),
    changesNetwork: true,
  });
  return ok({ action: renderAction(world, action) });
}

function forget(world: World, server: Server): void {
  world.servers.remove(server.id);
  for (const volume of world.volumes.all()) if (volume.serverId === server.id) volume.serverId = null;
  for (const floatingIp of world.floatingIps.all()) if (floatingIp.serverId === server.id) floatingIp.serverId = null;
  for (const firewall of world.firewalls.all()) {
    firewall.appliedTo = firewall.appliedTo.filter((target) => target.type !== 'server' || target.serverId !== server.id);
  }
  for (const primaryIp of world.primaryIps.all().filter((each) => each.assigneeId === server.id)) {
    if (primaryIp.autoDelete) world.primaryIps.remove(primaryIp.id);
    else primaryIp.assigneeId = null;
  }
}

/** Holds the volumes until the machine is gone: a client may already want to attach them elsewhere. */
function destroyMachine(world: World, server: Server, volumeIds: readonly number[]): Promise<void> {
  const destroy = async (): Promise<void> => {
    if (server.machine === 'none') return;
    if (server.machine === 'made') await world.hardware.powerOff(server.id);
    for (const volumeId of volumeIds) await world.hardware.detachVolume(volumeId);
    await world.hardware.destroyServer(server.id);
  };
  const locked = volumeIds.reduce<() => Promise<void>>(
    (work, volumeId) => () => world.exclusively(`volume:${volumeId}`, work),
    () => world.exclusively(`server:${server.id}`, destroy),
  );
  return locked();
}
