import { z } from 'zod';
import { refused } from './errors';
import { checkLabels } from './labels';
import { SELECTABLE, list } from './lists';
import type { PlacementGroup, Server } from './models';
import { created, del, get, labelsSchema, nameSchema, noContent, ok, post, put } from './requests';
import type { Route } from './requests';
import { rename } from './store';
import type { World } from './world';

/** Each server of a spread group sits on a host of its own, and Hetzner gives a group ten. */
const MOST_SERVERS = 10;

const createSchema = z.strictObject({ name: nameSchema, type: z.literal('spread'), labels: labelsSchema.default({}) });
const updateSchema = z.strictObject({ name: nameSchema.optional(), labels: labelsSchema.optional() });

export const routes: readonly Route[] = [
  get('/v1/placement_groups', [...SELECTABLE, 'type'], (call) =>
    list(call, 'placement_groups', call.world.placementGroups.all(), {
      render: (group) => renderPlacementGroup(call.world, group),
      filters: { type: (group) => group.type },
    }),
  ),
  post('/v1/placement_groups', createSchema, ({ world, body }) => {
    checkLabels(body.labels);
    world.placementGroups.checkNameIsFree(body.name);
    const group = world.placementGroups.add({ id: world.nextId(), created: world.now(), ...body });
    return created({ placement_group: renderPlacementGroup(world, group), action: null });
  }),
  get('/v1/placement_groups/:id', [], ({ world, id }) =>
    ok({ placement_group: renderPlacementGroup(world, world.placementGroups.get(id)) }),
  ),
  put('/v1/placement_groups/:id', updateSchema, ({ world, id, body }) => {
    const group = world.placementGroups.get(id);
    rename(world.placementGroups, group, body);
    return ok({ placement_group: renderPlacementGroup(world, group) });
  }),
  del('/v1/placement_groups/:id', ({ world, id }) => {
    world.placementGroups.get(id);
    for (const server of members(world, id)) server.placementGroup = null;
    world.placementGroups.remove(id);
    return noContent;
  }),
];

const members = (world: World, groupId: number): readonly Server[] =>
  world.servers.all().filter((server) => server.placementGroup === groupId);

/** @throws placement_error when no host is free for another server */
export function checkRoom(world: World, groupId: number): void {
  world.placementGroups.get(groupId);
  if (members(world, groupId).length >= MOST_SERVERS) throw refused('placement_error', 'could not find host for placement group');
}

export function renderPlacementGroup(world: World, group: PlacementGroup): object {
  return {
    id: group.id,
    name: group.name,
    labels: group.labels,
    type: group.type,
    created: group.created,
    servers: members(world, group.id).map((server) => server.id),
  };
}
