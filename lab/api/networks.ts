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
import type { World } from './world';

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
    list(call, 'networks', call.world.networks.all(), { render: (network) => renderNetwork(call.world, network) }),
  ),
  post('/v1/networks', createSchema, create),
  get('/v1/networks/:id', [], ({ world, id }) => ok({ network: renderNetwork(world, world.networks.get(id)) })),
  put('/v1/networks/:id', updateSchema, ({ world, id, body }) => {
    const network = world.networks.get(id);
    rename(world.networks, network, body);
    network.exposeRoutesToVswitch = body.expose_routes_to_vswitch ?? network.exposeRoutesToVswitch;
    return ok({ network: renderNetwork(world, network) });
  }),
  del('/v1/networks/:id', remove),
];

function create({ world, body }: Call<z.output<typeof createSchema>>): Reply {
  checkLabels(body.labels);
  world.networks.checkNameIsFree(body.name);
  const range = parseRange(body.ip_range);
  if (!range || !isPrivate(range) || range.prefix > 29) throw invalidInput('ip_range', 'must be a private IPv4 range of at least /29');
  const network: Network = {
    id: world.nextId(),
    name: body.name,
    labels: body.labels,
    created: world.now(),
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
  world.networks.add(network);
  return created({ network: renderNetwork(world, network) });
}

/** Detaches everything. */
function remove({ world, id }: Call): Reply {
  const network = world.networks.get(id);
  if (network.deleteProtection) throw deleteProtected('network');
  for (const server of world.servers.all()) {
    server.attachments = server.attachments.filter((attachment) => attachment.networkId !== id);
  }
  world.networks.remove(id);
  world.syncNetworkSoon();
  return noContent;
}

/** @throws invalid_input unless the range grows around the old one */
export function checkExtension(world: World, network: Network, text: string): void {
  const range = parseRange(text);
  if (!range || !isPrivate(range) || !contains(range, rangeOf(network.ipRange))) throw invalidInput('ip_range', 'can only be extended');
  const clash = world.networks
    .all()
    .find((other) => other !== network && overlap(range, rangeOf(other.ipRange)) && shareServer(world, network, other));
  if (clash) throw invalidInput('ip_range', `overlaps with network '${clash.name}'`);
}

const shareServer = (world: World, one: Network, other: Network): boolean =>
  world.servers.all().some((server) => [one, other].every(({ id }) => server.attachments.some((each) => each.networkId === id)));

export function renderNetwork(world: World, network: Network): object {
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
    servers: world.servers
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
