/** Changes of an existing server: type, image, reverse DNS, protection, placement. */
import { z } from 'zod';
import { renderAction } from './action-routes';
import type { Action } from './actions';
import { deleteProtected, invalidInput, refused } from './errors';
import { requireImage } from './images';
import { checkLimit, dedicatedCores } from './limits';
import type { Server } from './models';
import { checkRoom } from './placement-groups';
import { checkPointer, covers, pointerSchema, setPointer } from './public-addresses';
import { created, idOrName, idSchema, nothing, post } from './requests';
import type { Call, Reply, Route } from './requests';
import { makeMachine } from './server-create';
import { onMachine, unlocked } from './server-power';
import { refreshStatus } from './server-status';
import { requireServerType, takeFromStock } from './server-types';

const path = (action: string): string => `/v1/servers/:id/actions/${action}`;
const answer = (call: Call<unknown>, action: Action): Reply => created({ action: renderAction(call.project, action) });

export const routes: readonly Route[] = [
  post(path('change_type'), z.strictObject({ server_type: idOrName, upgrade_disk: z.boolean() }), changeType),
  post(path('rebuild'), z.strictObject({ image: idOrName, user_data: z.string().nullish() }), rebuild),
  post(path('change_dns_ptr'), pointerSchema, (call) => {
    const server = call.project.servers.get(call.id);
    // the pointer of a server is that of its Primary IP
    const primaryIp = call.project.primaryIps.all().find((each) => each.assigneeId === server.id && covers(each, call.body.ip));
    if (!primaryIp) throw invalidInput('ip', `'${call.body.ip}' is not of this server`);
    checkPointer(primaryIp, call.body);
    const effect = (): void => setPointer(primaryIp, call.body);
    return answer(call, call.start({ command: 'change_dns_ptr', resources: [['server', server.id]], effect }));
  }),
  post(path('change_protection'), z.strictObject({ delete: z.boolean().optional(), rebuild: z.boolean().optional() }), (call) => {
    const server = call.project.servers.get(call.id);
    const { delete: deletion = server.deleteProtection, rebuild: rebuilding = server.rebuildProtection } = call.body;
    if (deletion !== rebuilding) throw invalidInput('rebuild', 'must be the same as delete');
    const effect = (): void => {
      server.deleteProtection = deletion;
      server.rebuildProtection = rebuilding;
    };
    return answer(call, call.start({ command: 'change_protection', resources: [['server', server.id]], effect }));
  }),
  post(path('add_to_placement_group'), z.strictObject({ placement_group: idSchema }), async (call) => {
    const groupId = call.body.placement_group;
    const server = await stopped(call);
    checkRoom(call.project, groupId);
    const effect = (): void => {
      server.placementGroup = groupId;
    };
    const resources = [
      ['server', server.id],
      ['placement_group', groupId],
    ] as const;
    return answer(call, call.start({ command: 'add_to_placement_group', resources, effect }));
  }),
  post(path('remove_from_placement_group'), nothing, async (call) => {
    const server = await stopped(call);
    const effect = (): void => {
      server.placementGroup = null;
    };
    return answer(call, call.start({ command: 'remove_from_placement_group', resources: [['server', server.id]], effect }));
  }),
];

async function stopped(call: Call<unknown>): Promise<Server> {
  const server = unlocked(call);
  await refreshStatus(call.project, [server]);
  if (server.status !== 'off') throw refused('server_not_stopped', 'server must be stopped');
  return server;
}

/** Starts the server when done, because the provider does not. A refused change leaves it off. */
async function changeType(call: Call<{ server_type: number | string; upgrade_disk: boolean }>): Promise<Reply> {
  const { project, body } = call;
  const server = await stopped(call);
  const type = requireServerType(project, body.server_type, server.location);
  if (type.architecture !== server.serverType.architecture) throw refused('invalid_server_type', 'server type has another architecture');
  if (type.disk < server.primaryDiskSize)
    throw refused('invalid_server_type', 'disk of the server type is smaller than that of the server');
  checkLimit(project, 'dedicated_cores', dedicatedCores(type) - dedicatedCores(server.serverType));
  takeFromStock(project, type, server.location);
  const work = async (): Promise<void> => {
    const { name, cores, memory, disk } = type;
    await project.hardware.changeServerType?.(server.id, { name, cores, memory, disk: body.upgrade_disk ? disk : server.primaryDiskSize });
    await project.hardware.powerOn(server.id);
  };
  const action = call.start({
    command: 'change_server_type',
    resources: [['server', server.id]],
    hardware: () => onMachine(call, server, work),
    // Off as long as Hetzner moves it
    hardwareLast: true,
    effect: () => {
      server.serverType = type;
      if (body.upgrade_disk) server.primaryDiskSize = type.disk;
      server.status = 'running';
    },
    changesNetwork: true,
  });
  return answer(call, action);
}

/** A fresh disk from an image; addresses, networks and volumes stay. */
function rebuild(call: Call<{ image: number | string; user_data?: string | null | undefined }>): Reply {
  const { project, body } = call;
  const server = project.servers.get(call.id);
  if (server.rebuildProtection) throw deleteProtected('server');
  const image = requireImage(body.image, server.serverType.architecture);
  const volumeIds = project.volumes
    .all()
    .filter((volume) => volume.serverId === server.id)
    .map((volume) => volume.id);
  server.status = 'rebuilding';
  const work = async (): Promise<void> => {
    await project.hardware.powerOff(server.id);
    for (const id of volumeIds) await project.hardware.detachVolume(id);
    await project.hardware.destroyServer(server.id);
    server.image = image;
    server.userData = body.user_data ?? server.userData;
    await makeMachine(project, server);
    for (const id of volumeIds) await project.hardware.attachVolume(id, server.id);
    await project.syncNetwork();
    await project.hardware.powerOn(server.id);
  };
  const action = call.start({
    command: 'rebuild_server',
    resources: [
      ['server', server.id],
      ['image', image.id],
    ],
    hardware: () => onMachine(call, server, work),
    effect: () => {
      server.status = 'running';
    },
    onFailure: () => {
      server.status = 'off';
    },
    changesNetwork: true,
  });
  return created({ action: renderAction(project, action), root_password: server.sshPublicKeys.length > 0 ? null : `lab-${server.id}` });
}
