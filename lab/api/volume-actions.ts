import { z } from 'zod';
import { renderAction } from './action-routes';
import { ActionFailed } from './actions';
import type { Action } from './actions';
import { invalidInput, locked, refused } from './errors';
import type { Server, Volume } from './models';
import { created, deleteProtectionSchema, idSchema, nothing, post } from './requests';
import type { Call, Reply, Route } from './requests';
import { isLocked } from './server-status';
import type { Project } from './project';

// mounting inside the guest is not emulated: only "no" is understood
const attachSchema = z.strictObject({ server: idSchema, automount: z.literal(false).optional() });
const path = (action: string): string => `/v1/volumes/:id/actions/${action}`;

export const routes: readonly Route[] = [
  post(path('attach'), attachSchema, (call) => {
    const volume = call.project.volumes.get(call.id);
    const server = call.project.servers.get(call.body.server);
    if (isLocked(call.project, server)) throw locked('server');
    return answer(call, startAttach(call, volume, server));
  }),
  post(path('detach'), nothing, detach),
  post(path('resize'), z.strictObject({ size: z.number().int().max(10240, 'is above 10240') }), (call) => {
    const volume = call.project.volumes.get(call.id);
    const { size } = call.body;
    if (size <= volume.size) throw invalidInput('size', `must be above ${volume.size}, a volume only grows`);
    return answer(
      call,
      call.start({
        command: 'resize_volume',
        resources: [['volume', volume.id]],
        hardware: () => call.project.exclusively(`volume:${volume.id}`, () => call.project.hardware.resizeVolume(volume.id, size)),
        effect: () => {
          volume.size = size;
        },
      }),
    );
  }),
  post(path('change_protection'), deleteProtectionSchema, (call) => {
    const volume = call.project.volumes.get(call.id);
    const effect = (): void => {
      volume.deleteProtection = call.body.delete;
    };
    return answer(call, call.start({ command: 'change_protection', resources: [['volume', volume.id]], effect }));
  }),
];

const answer = (call: Call<unknown>, action: Action): Reply => created({ action: renderAction(call.project, action) });

/** Checks that the volume can go to the server. */
export function checkVolume(volume: Volume, location: Server['location']): void {
  if (volume.serverId !== null) throw refused('volume_already_attached', 'volume is already attached');
  if (volume.location !== location) throw invalidInput('server', `is not in the volume's location ${volume.location.name}`);
}

export function startAttach(call: Call<unknown>, volume: Volume, server: Server, after?: Action): Action {
  const { project } = call;
  checkVolume(volume, server.location);
  // reserved now, so that a second attach is refused while this one runs
  volume.serverId = server.id;
  return call.start({
    command: 'attach_volume',
    resources: [
      ['server', server.id],
      ['volume', volume.id],
    ],
    ...(after ? { after } : {}),
    hardware: () =>
      exclusively(project, volume, server.id, async () => {
        if (!project.servers.find(server.id)) throw new ActionFailed('server was deleted');
        await project.hardware.attachVolume(volume.id, server.id);
      }),
    onFailure: () => {
      if (volume.serverId === server.id) volume.serverId = null;
    },
  });
}

function detach(call: Call<unknown>): Reply {
  const { project } = call;
  const volume = project.volumes.get(call.id);
  const server = project.servers.find(volume.serverId);
  if (!server) throw refused('service_error', 'volume is not attached');
  if (isLocked(project, server)) throw locked('server');
  const action = call.start({
    command: 'detach_volume',
    resources: [
      ['server', server.id],
      ['volume', volume.id],
    ],
    hardware: () => exclusively(project, volume, server.id, () => project.hardware.detachVolume(volume.id)),
    effect: () => {
      volume.serverId = null;
    },
  });
  return answer(call, action);
}

/** Always locks the volume before the server, so that two calls cannot wait for each other. */
const exclusively = (project: Project, volume: Volume, serverId: number, work: () => Promise<void>): Promise<void> =>
  project.exclusively(`volume:${volume.id}`, () => project.exclusively(`server:${serverId}`, work));
