import { z } from 'zod';
import { renderAction } from './action-routes';
import type { Action, ResourceRef } from './actions';
import { ActionFailed } from './actions';
import type { Location } from './catalogue';
import { deleteProtected, invalidInput, locked, refused } from './errors';
import { hasPublicInterface } from './firewall-targets';
import { checkLabels } from './labels';
import { checkLimit } from './limits';
import { SELECTABLE, list } from './lists';
import { requireLocation } from './locations';
import type { FloatingIp, Server } from './models';
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
import { rename } from './store';

const createSchema = z.strictObject({
  type: z.enum(['ipv4', 'ipv6']),
  home_location: idOrName.optional(),
  server: optionalId,
  name: nameSchema.optional(),
  description: z.string().nullish(),
  labels: labelsSchema.default({}),
});
const updateSchema = z.strictObject({
  name: nameSchema.optional(),
  description: z.string().nullish(),
  labels: labelsSchema.optional(),
});
const path = (action: string): string => `/v1/floating_ips/:id/actions/${action}`;

export const routes: readonly Route[] = [
  get('/v1/floating_ips', SELECTABLE, (call) => list(call, 'floating_ips', call.project.floatingIps.all(), { render: renderFloatingIp })),
  post('/v1/floating_ips', createSchema, create),
  get('/v1/floating_ips/:id', [], ({ project, id }) => ok({ floating_ip: renderFloatingIp(project.floatingIps.get(id)) })),
  put('/v1/floating_ips/:id', updateSchema, ({ project, id, body }) => {
    const floatingIp = project.floatingIps.get(id);
    rename(project.floatingIps, floatingIp, body);
    if (body.description !== undefined) floatingIp.description = body.description;
    return ok({ floating_ip: renderFloatingIp(floatingIp) });
  }),
  del('/v1/floating_ips/:id', ({ project, id }) => {
    const floatingIp = project.floatingIps.get(id);
    if (floatingIp.deleteProtection) throw deleteProtected('floating ip');
    if (floatingIp.serverId !== null) throw refused('must_be_unassigned', 'floating ip must be unassigned');
    project.floatingIps.remove(id);
    return noContent;
  }),
  post(path('assign'), z.strictObject({ server: idSchema }), (call) => {
    const floatingIp = call.project.floatingIps.get(call.id);
    const server = call.project.servers.get(call.body.server);
    // moving needs no unassign before, unless a fault says so; only the present holder is refused as target
    if (floatingIp.serverId === server.id) throw refused('floating_ip_assigned', 'floating ip is already assigned to this server');
    if (floatingIp.serverId !== null && call.effects.some(({ kind }) => kind === 'unassign-first')) {
      throw refused('floating_ip_assigned', 'floating ip is already assigned');
    }
    return answer(call, assign(call, floatingIp, server));
  }),
  post(path('unassign'), nothing, unassign),
  post(path('change_dns_ptr'), pointerSchema, (call) => {
    const floatingIp = call.project.floatingIps.get(call.id);
    checkPointer(floatingIp, call.body);
    const effect = (): void => setPointer(floatingIp, call.body);
    return answer(call, call.start({ command: 'change_dns_ptr', resources: [['floating_ip', floatingIp.id]], effect }));
  }),
  post(path('change_protection'), deleteProtectionSchema, (call) => {
    const floatingIp = call.project.floatingIps.get(call.id);
    const effect = (): void => {
      floatingIp.deleteProtection = call.body.delete;
    };
    return answer(call, call.start({ command: 'change_protection', resources: [['floating_ip', floatingIp.id]], effect }));
  }),
];

const answer = (call: Call<unknown>, action: Action): Reply => created({ action: renderAction(call.project, action) });

function create(call: Call<z.output<typeof createSchema>>): Reply {
  const { project, body } = call;
  checkLabels(body.labels);
  const server = body.server === null ? null : project.servers.get(body.server);
  const home = homeOf(body.home_location, server);
  if (server) checkServer(call, home, server);
  if (body.name !== undefined) project.floatingIps.checkNameIsFree(body.name);
  checkLimit(project, 'floating_ips', 1);
  const id = project.nextId();
  const floatingIp = project.floatingIps.add({
    id,
    name: body.name ?? `floating-ip-${id}`,
    labels: body.labels,
    created: project.now(),
    description: body.description ?? null,
    type: body.type,
    ip: project.pools.take('floating', body.type, (ip) => project.floatingIps.all().some((each) => each.ip === ip)),
    location: home,
    pointers: {},
    deleteProtection: false,
    serverId: null,
  });
  const action = server ? assign(call, floatingIp, server) : null;
  return created({ floating_ip: renderFloatingIp(floatingIp), action: action && renderAction(project, action) });
}

function homeOf(wanted: number | string | undefined, server: Server | null): Location {
  if (wanted !== undefined) return requireLocation(wanted, 'home_location');
  if (server) return server.location;
  throw invalidInput('home_location', 'is needed unless a server is given');
}

function checkServer(call: Call<unknown>, home: Location, server: Server): void {
  if (home.network_zone !== server.location.network_zone) throw invalidInput('server', `is not in network zone ${home.network_zone}`);
  if (!hasPublicInterface(call.project, server)) throw refused('service_error', 'server has no public interface');
}

/**
 * Allows one change of the holder at a time. `locked` is documented as "another action runs on the item"; that it applies here is a
 * guess.
 */
function checkUnlocked({ project }: Call<unknown>, { id }: FloatingIp): void {
  if (['assign_floating_ip', 'unassign_floating_ip'].some((command) => project.actions.running('floating_ip', id, command)))
    throw locked('floating ip');
}

/** Until the action succeeds, the address stays where it is. */
function assign(call: Call<unknown>, floatingIp: FloatingIp, server: Server): Action {
  const { project } = call;
  checkUnlocked(call, floatingIp);
  checkServer(call, floatingIp.location, server);
  return call.start({
    command: 'assign_floating_ip',
    resources: refs(floatingIp, server.id),
    effect: () => {
      if (!project.servers.find(server.id) || !project.floatingIps.find(floatingIp.id)) throw new ActionFailed('deleted meanwhile');
      floatingIp.serverId = server.id;
    },
    changesNetwork: true,
  });
}

function unassign(call: Call<unknown>): Reply {
  const floatingIp = call.project.floatingIps.get(call.id);
  checkUnlocked(call, floatingIp);
  const resources = refs(floatingIp, floatingIp.serverId);
  const effect = (): void => {
    floatingIp.serverId = null;
  };
  return answer(call, call.start({ command: 'unassign_floating_ip', resources, effect, changesNetwork: true }));
}

const refs = (floatingIp: FloatingIp, serverId: number | null): ResourceRef[] => [
  ...(serverId === null ? [] : [['server', serverId] as const]),
  ['floating_ip', floatingIp.id],
];

export function renderFloatingIp(floatingIp: FloatingIp): object {
  return {
    id: floatingIp.id,
    name: floatingIp.name,
    description: floatingIp.description,
    created: floatingIp.created,
    ip: floatingIp.ip,
    type: floatingIp.type,
    server: floatingIp.serverId,
    dns_ptr: renderPointers(floatingIp),
    home_location: floatingIp.location,
    blocked: false,
    protection: { delete: floatingIp.deleteProtection },
    labels: floatingIp.labels,
  };
}
