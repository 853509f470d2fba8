import { z } from 'zod';
import { renderAction } from './action-routes';
import type { Action } from './actions';
import { deleteProtected, invalidInput, refused } from './errors';
import { checkLabels } from './labels';
import { SELECTABLE, list } from './lists';
import { requireLocation } from './locations';
import type { Volume } from './models';
import { created, del, get, idOrName, labelsSchema, nameSchema, noContent, ok, optionalId, post, put } from './requests';
import type { Call, Reply, Route } from './requests';
import { rename } from './store';
import { startAttach } from './volume-actions';

const createSchema = z.strictObject({
  name: nameSchema,
  size: z.number().int().min(10, 'is below 10').max(10240, 'is above 10240'),
  location: idOrName.optional(),
  server: optionalId,
  format: z.enum(['ext4', 'xfs']).nullish(),
  // mounting inside the guest is not emulated: only "no" is understood
  automount: z.literal(false).optional(),
  labels: labelsSchema.default({}),
});
const updateSchema = z.strictObject({ name: nameSchema.optional(), labels: labelsSchema.optional() });

export const routes: readonly Route[] = [
  get('/v1/volumes', [...SELECTABLE, 'status'], (call) =>
    list(call, 'volumes', call.project.volumes.all(), { render: renderVolume, filters: { status: (volume) => volume.status } }),
  ),
  post('/v1/volumes', createSchema, create),
  get('/v1/volumes/:id', [], ({ project, id }) => ok({ volume: renderVolume(project.volumes.get(id)) })),
  put('/v1/volumes/:id', updateSchema, ({ project, id, body }) => {
    const volume = project.volumes.get(id);
    rename(project.volumes, volume, body);
    return ok({ volume: renderVolume(volume) });
  }),
  del('/v1/volumes/:id', async ({ project, id }) => {
    const volume = project.volumes.get(id);
    if (volume.deleteProtection) throw deleteProtected('volume');
    if (volume.serverId !== null) throw refused('service_error', 'volume must be detached');
    await project.exclusively(`volume:${id}`, () => project.hardware.destroyVolume(id));
    project.volumes.remove(id);
    return noContent;
  }),
];

function create(call: Call<z.output<typeof createSchema>>): Reply {
  const { project, body } = call;
  checkLabels(body.labels);
  project.volumes.checkNameIsFree(body.name);
  const server = body.server === null ? null : project.servers.get(body.server);
  const location = server?.location ?? (body.location === undefined ? undefined : requireLocation(body.location));
  if (!location) throw invalidInput('location', 'is needed unless a server is given');
  const volume = project.volumes.add({
    id: project.nextId(),
    name: body.name,
    labels: body.labels,
    created: project.now(),
    location,
    format: body.format ?? null,
    size: body.size,
    serverId: null,
    status: 'creating',
    deleteProtection: false,
  });
  const spec = { id: volume.id, sizeGb: volume.size, format: volume.format };
  const action: Action = call.start({
    command: 'create_volume',
    resources: [['volume', volume.id]],
    hardware: () => project.exclusively(`volume:${volume.id}`, () => project.hardware.createVolume(spec)),
    effect: () => {
      volume.status = 'available';
    },
  });
  const next = server ? [startAttach(call, volume, server, action)] : [];
  return created({
    volume: renderVolume(volume),
    action: renderAction(project, action),
    next_actions: next.map((each) => renderAction(project, each)),
  });
}

export function renderVolume(volume: Volume): object {
  return {
    id: volume.id,
    name: volume.name,
    server: volume.serverId,
    status: volume.status,
    location: volume.location,
    size: volume.size,
    format: volume.format,
    protection: { delete: volume.deleteProtection },
    labels: volume.labels,
    linux_device: `/dev/disk/by-id/scsi-0HC_Volume_${volume.id}`,
    created: volume.created,
  };
}
