import { z } from 'zod';
import { refused } from './errors';
import { checkLabels } from './labels';
import { SELECTABLE, list } from './lists';
import type { PlacementGroup, Server } from './models';
import { created, del, get, labelsSchema, nameSchema, noContent, ok, post, put } from './requests';
import type { Route } from './requests';
import { rename } from './store';
import type { Project } from './project';

/** Each server of a spread group sits on a host of its own, and Hetzner gives a group ten. */
const MOST_SERVERS = 10;

const createSchema = z.strictObject({ name: nameSchema, type: z.literal('spread'), labels: labelsSchema.default({}) });
const updateSchema = z.strictObject({ name: nameSchema.optional(), labels: labelsSchema.optional() });

export const routes: readonly Route[] = [
  get('/v1/placement_groups', [...SELECTABLE, 'type'], (call) =>
    list(call, 'placement_groups', call.project.placementGroups.all(), {
      render: (group) => renderPlacementGroup(call.project, group),
      filters: { type: (group) => group.type },
    }),
  ),
  post('/v1/placement_groups', createSchema, ({ project, body }) => {
    checkLabels(body.labels);
    project.placementGroups.checkNameIsFree(body.name);
    const group = project.placementGroups.add({ id: project.nextId(), created: project.now(), ...body });
    return created({ placement_group: renderPlacementGroup(project, group), action: null });
  }),
  get('/v1/placement_groups/:id', [], ({ project, id }) =>
    ok({ placement_group: renderPlacementGroup(project, project.placementGroups.get(id)) }),
  ),
  put('/v1/placement_groups/:id', updateSchema, ({ project, id, body }) => {
    const group = project.placementGroups.get(id);
    rename(project.placementGroups, group, body);
    return ok({ placement_group: renderPlacementGroup(project, group) });
  }),
  del('/v1/placement_groups/:id', ({ project, id }) => {
    project.placementGroups.get(id);
    for (const server of members(project, id)) server.placementGroup = null;
    project.placementGroups.remove(id);
    return noContent;
  }),
];

const members = (project: Project, groupId: number): readonly Server[] =>
  project.servers.all().filter((server) => server.placementGroup === groupId);

/** @throws placement_error when no host is free for another server */
export function checkRoom(project: Project, groupId: number): void {
  project.placementGroups.get(groupId);
  if (members(project, groupId).length >= MOST_SERVERS) throw refused('placement_error', 'could not find host for placement group');
}

export function renderPlacementGroup(project: Project, group: PlacementGroup): object {
  return {
    id: group.id,
    name: group.name,
    labels: group.labels,
    type: group.type,
    created: group.created,
    servers: members(project, group.id).map((server) => server.id),
  };
}
