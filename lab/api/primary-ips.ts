import { z } from 'zod';
import { renderAction } from './action-routes';
import type { Action } from './actions';
import { ActionFailed } from './actions';
import type { Location } from './catalogue';
import { deleteProtected, invalidInput, refused } from './errors';
import { checkLabels } from './labels';
import { checkLimit } from './limits';
import { SELECTABLE, list } from './lists';
import { requireLocation } from './locations';
import type { IpFamily, PrimaryIp, Server } from './models';
import { checkPointer, pointerSchema, renderPointers, setPointer } from './public-addresses';
import {
  created,
  del,
  deleteProtectionSchema,
  get,
  idOrName,
  idSchema,
  labelsSchema,
  nameSchema,
  noContent,
  nothing,
  ok,
  optionalId,
  post,
  put,
} from './requests';
import type { Call, Reply, Route } from './requests';
import { refreshStatus } from './server-status';
import { rename } from './store';
import type { Project } from './project';

const createSchema = z.strictObject({
  name: nameSchema,
  type: z.enum(['ipv4', 'ipv6']),
  location: idOrName.optional(),
  // documented as required, but the provider leaves it out
  assignee_type: z.literal('server').optional(),
  assignee_id: optionalId,
  auto_delete: z.boolean().default(false),
  labels: labelsSchema.default({}),
});
const updateSchema = z.strictObject({
  name: nameSchema.optional(),
  auto_delete: z.boolean().optional(),
  labels: labelsSchema.optional(),
});
const assignSchema = z.strictObject({ assignee_id: idSchema, assignee_type: z.literal('server') });
const path = (action: string): string => `/v1/primary_ips/:id/actions/${action}`;

export const routes: readonly Route[] = [
  get('/v1/primary_ips', [...SELECTABLE, 'ip'], (call) =>
    list(call, 'primary_ips', call.project.primaryIps.all(), { render: renderPrimaryIp, filters: { ip: (each) => each.ip } }),
  ),
  post('/v1/primary_ips', createSchema, create),
  get('/v1/primary_ips/:id', [], ({ project, id }) => ok({ primary_ip: renderPrimaryIp(project.primaryIps.get(id)) })),
  put('/v1/primary_ips/:id', updateSchema, ({ project, id, body }) => {
    const primaryIp = project.primaryIps.get(id);
    rename(project.primaryIps, primaryIp, body);
    primaryIp.autoDelete = body.auto_delete ?? primaryIp.autoDelete;
    return ok({ primary_ip: renderPrimaryIp(primaryIp) });
  }),
  del('/v1/primary_ips/:id', ({ project, id }) => {
    const primaryIp = project.primaryIps.get(id);
    if (primaryIp.deleteProtection) throw deleteProtected('primary ip');
    if (primaryIp.assigneeId !== null) throw refused('must_be_unassigned', 'primary ip must be unassigned');
    project.primaryIps.remove(id);
    return noContent;
  }),
  post(path('assign'), assignSchema, async (call) => {
    const primaryIp = call.project.primaryIps.get(call.id);
    const server = call.project.servers.get(call.body.assignee_id);
    await refreshStatus(call.project, [server]);
    return answer(call, assign(call, primaryIp, server));
  }),
  post(path('unassign'), nothing, async (call) => {
    const primaryIp = call.project.primaryIps.get(call.id);
    const server = call.project.servers.find(primaryIp.assigneeId);
    if (server) {
      await refreshStatus(call.project, [server]);
      requireOff(server);
    }
    const effect = (): void => {
      primaryIp.assigneeId = null;
    };
    return answer(
      call,
      call.start({ command: 'unassign_primary_ip', resources: [['primary_ip', primaryIp.id]], effect, changesNetwork: true }),
    );
  }),
  post(path('change_dns_ptr'), pointerSchema, (call) => {
    const primaryIp = call.project.primaryIps.get(call.id);
    checkPointer(primaryIp, call.body);
    const effect = (): void => setPointer(primaryIp, call.body);
    return answer(call, call.start({ command: 'change_dns_ptr', resources: [['primary_ip', primaryIp.id]], effect }));
  }),
  post(path('change_protection'), deleteProtectionSchema, (call) => {
    const primaryIp = call.project.primaryIps.get(call.id);
    const effect = (): void => {
      primaryIp.deleteProtection = call.body.delete;
    };
    return answer(call, call.start({ command: 'change_protection', resources: [['primary_ip', primaryIp.id]], effect }));
  }),
];

const answer = (call: Call<unknown>, action: Action): Reply => created({ action: renderAction(call.project, action) });

async function create(call: Call<z.output<typeof createSchema>>): Promise<Reply> {
  const { project, body } = call;
  checkLabels(body.labels);
  project.primaryIps.checkNameIsFree(body.name);
  const server = body.assignee_id === null ? null : project.servers.get(body.assignee_id);
  const location = body.location === undefined ? server?.location : requireLocation(body.location);
  if (!location) throw invalidInput('location', 'is needed unless an assignee is given');
  if (server) {
    await refreshStatus(project, [server]);
    checkAssignment(project, { type: body.type, location, assigneeId: null }, server);
  }
  checkLimit(project, 'primary_ips', 1);
  const primaryIp = newPrimaryIp(project, body.type, location, { name: body.name, autoDelete: body.auto_delete, labels: body.labels });
  const action = server ? assign(call, primaryIp, server) : null;
  return created({ primary_ip: renderPrimaryIp(primaryIp), action: action && renderAction(project, action) });
}

export function newPrimaryIp(
  project: Project,
  type: IpFamily,
  location: Location,
  given: Partial<Pick<PrimaryIp, 'name' | 'autoDelete' | 'labels' | 'assigneeId'>>,
): PrimaryIp {
  const id = project.nextId();
  return project.primaryIps.add({
    id,
    name: `primary_ip-${id}`,
    labels: {},
    created: project.now(),
    type,
    ip: project.pools.take('primary', type, (ip) => project.primaryIps.all().some((each) => each.ip === ip)),
    location,
    pointers: {},
    deleteProtection: false,
    assigneeId: null,
    autoDelete: true,
    ...given,
  });
}

function checkAssignment(project: Project, primaryIp: Pick<PrimaryIp, 'type' | 'location' | 'assigneeId'>, server: Server): void {
  requireOff(server);
  if (primaryIp.assigneeId !== null) throw refused('primary_ip_already_assigned', 'primary ip is already assigned');
  if (project.primaryIps.all().some((each) => each.assigneeId === server.id && each.type === primaryIp.type)) {
    throw refused(`server_has_${primaryIp.type}`, `server already has a primary ${primaryIp.type}`);
  }
  if (primaryIp.location !== server.location) throw invalidInput('assignee_id', `server is not in location ${primaryIp.location.name}`);
}

function requireOff(server: Server): void {
  if (server.status !== 'off') throw refused('server_not_stopped', 'server must be stopped');
}

function assign(call: Call<unknown>, primaryIp: PrimaryIp, server: Server): Action {
  checkAssignment(call.project, primaryIp, server);
  return call.start({
    command: 'assign_primary_ip',
    resources: [
      ['primary_ip', primaryIp.id],
      ['server', server.id],
    ],
    effect: () => {
      if (!call.project.servers.find(server.id)) throw new ActionFailed('server was deleted');
      primaryIp.assigneeId = server.id;
    },
    changesNetwork: true,
  });
}

export function renderPrimaryIp(primaryIp: PrimaryIp): object {
  return {
    id: primaryIp.id,
    name: primaryIp.name,
    ip: primaryIp.ip,
    type: primaryIp.type,
    labels: primaryIp.labels,
    protection: { delete: primaryIp.deleteProtection },
    dns_ptr: renderPointers(primaryIp),
    assignee_id: primaryIp.assigneeId,
    assignee_type: 'server',
    auto_delete: primaryIp.autoDelete,
    blocked: false,
    created: primaryIp.created,
    location: primaryIp.location,
  };
}
