import { z } from 'zod';
import { contains, formatRange, isPrivate, overlap, parseRange, rangeOf } from './cidr';
import { gatewayOf } from './desired-network';
import { deleteProtected, invalidInput } from './errors';
import { checkLabels } from './labels';
import { SELECTABLE, list } from './lists';
import type { Network } from './models';
import { checkRoute, newSubnet, routeSchema, subnetSchema } from './network-parts';
import { created, del, get, labelsSchema, nameSchema, noContent, ok, post, put } from './requests';
import type { Call, Reply, Route } from './requests';
import { rename } from './store';
import type { Project } from './project';

const createSchema = z.strictObject({
  name: nameSchema,
  ip_range: z.string(),
  labels: labelsSchema.default({}),
  subnets: z.array(subnetSchema).default([]),
  routes: z.array(routeSchema).default([]),
  expose_routes_to_vswitch: z.boolean().default(false),
});

const updateSchema = z.strictObject({
  name: nameSchema.optional(),
  labels: labelsSchema.optional(),
  expose_routes_to_vswitch: z.boolean().optional(),
});

export const routes: readonly Route[] = [
  get('/v1/networks', SELECTABLE, (call) =>
    list(call, 'networks', call.project.networks.all(), { render: (network) => renderNetwork(call.project, network) }),
  ),
  post('/v1/networks', createSchema, create),
  get('/v1/networks/:id', [], ({ project, id }) => ok({ network: renderNetwork(project, project.networks.get(id)) })),
  put('/v1/networks/:id', updateSchema, ({ project, id, body }) => {
    const network = project.networks.get(id);
    rename(project.networks, network, body);
    network.exposeRoutesToVswitch = body.expose_routes_to_vswitch ?? network.exposeRoutesToVswitch;
    return ok({ network: renderNetwork(project, network) });
  }),
  del('/v1/networks/:id', remove),
];

function create({ project, body }: Call<z.output<typeof createSchema>>): Reply {
  checkLabels(body.labels);
  project.networks.checkNameIsFree(body.name);
  const range = parseRange(body.ip_range);
  if (!range || !isPrivate(range) || range.prefix > 29) throw invalidInput('ip_range', 'must be a private IPv4 range of at least /29');
  const network: Network = {
    id: project.nextId(),
    name: body.name,
    labels: body.labels,
    created: project.now(),
    ipRange: formatRange(range),
    subnets: [],
    routes: [],
    deleteProtection: false,
    exposeRoutesToVswitch: body.expose_routes_to_vswitch,
  };
  for (const subnet of body.subnets) network.subnets = [...network.subnets, newSubnet(network, subnet)];
  for (const route of body.routes) {
    checkRoute(network, route);
    network.routes = [...network.routes, route];
  }
  project.networks.add(network);
  return created({ network: renderNetwork(project, network) });
}

/** Detaches everything. */
function remove({ project, id }: Call): Reply {
  const network = project.networks.get(id);
  if (network.deleteProtection) throw deleteProtected('network');
  for (const server of project.servers.all()) {
    server.attachments = server.attachments.filter((attachment) => attachment.networkId !== id);
  }
  project.networks.remove(id);
  project.syncNetworkSoon();
  return noContent;
}

/** @throws invalid_input unless the range grows around the old one */
export function checkExtension(project: Project, network: Network, text: string): void {
  const range = parseRange(text);
  if (!range || !isPrivate(range) || !contains(range, rangeOf(network.ipRange))) throw invalidInput('ip_range', 'can only be extended');
  const clash = project.networks
    .all()
    .find((other) => other !== network && overlap(range, rangeOf(other.ipRange)) && shareServer(project, network, other));
  if (clash) throw invalidInput('ip_range', `overlaps with network '${clash.name}'`);
}

const shareServer = (project: Project, one: Network, other: Network): boolean =>
  project.servers.all().some((server) => [one, other].every(({ id }) => server.attachments.some((each) => each.networkId === id)));

export function renderNetwork(project: Project, network: Network): object {
  return {
    id: network.id,
    name: network.name,
    ip_range: network.ipRange,
    subnets: network.subnets.map((subnet) => ({
      type: subnet.type,
      ip_range: subnet.ipRange,
      network_zone: subnet.networkZone,
      gateway: gatewayOf(network),
      vswitch_id: null,
    })),
    routes: network.routes.map(({ destination, gateway }) => ({ destination, gateway })),
    servers: project.servers
      .all()
      .filter((server) => server.attachments.some((each) => each.networkId === network.id && !each.pending))
      .map((server) => server.id),
    load_balancers: [],
    protection: { delete: network.deleteProtection },
    labels: network.labels,
    created: network.created,
    expose_routes_to_vswitch: network.exposeRoutesToVswitch,
  };
}
