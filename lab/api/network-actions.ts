import { z } from 'zod';
import { renderAction } from './action-routes';
import type { ActionOrder } from './actions';
import { holds, parseAddress, rangeOf } from './cidr';
import { ApiError, invalidInput, refused } from './errors';
import type { Network } from './models';
import { checkRoute, newSubnet, routeSchema, subnetSchema } from './network-parts';
import { checkExtension } from './networks';
import { created, deleteProtectionSchema, post } from './requests';
import type { Call, Reply, Route } from './requests';

const rangeSchema = z.strictObject({ ip_range: z.string() });
const path = (action: string): string => `/v1/networks/:id/actions/${action}`;

export const routes: readonly Route[] = [
  post(path('add_subnet'), subnetSchema, (call) => {
    const network = unchanging(call);
    const subnet = newSubnet(network, call.body);
    return change(call, network, 'add_subnet', () => (network.subnets = [...network.subnets, subnet]));
  }),
  post(path('delete_subnet'), rangeSchema, (call) => {
    const network = unchanging(call);
    const subnet = network.subnets.find((each) => each.ipRange === call.body.ip_range);
    if (!subnet) throw new ApiError(404, 'not_found', `subnet ${call.body.ip_range} not found`);
    const range = rangeOf(subnet.ipRange);
    const inUse = call.project.servers
      .all()
      .some((server) =>
        server.attachments.some(
          (each) => each.networkId === network.id && [each.ip, ...each.aliasIps].some((ip) => holds(range, parseAddress(ip)!)),
        ),
      );
    // the provider looks for these words
    if (inUse) throw refused('service_error', 'cannot remove subnet because servers are attached to it');
    return change(call, network, 'delete_subnet', () => (network.subnets = network.subnets.filter((each) => each !== subnet)));
  }),
  post(path('add_route'), routeSchema, (call) => {
    const network = unchanging(call);
    checkRoute(network, call.body);
    return change(call, network, 'add_route', () => (network.routes = [...network.routes, call.body]));
  }),
  post(path('delete_route'), routeSchema, (call) => {
    const network = unchanging(call);
    const { destination, gateway } = call.body;
    const route = network.routes.find((each) => each.destination === destination && each.gateway === gateway);
    if (!route) throw invalidInput('destination', `no route to ${destination} by ${gateway}`);
    return change(call, network, 'delete_route', () => (network.routes = network.routes.filter((each) => each !== route)));
  }),
  post(path('change_ip_range'), rangeSchema, (call) => {
    const network = unchanging(call);
    checkExtension(call.project, network, call.body.ip_range);
    return change(call, network, 'change_ip_range', () => (network.ipRange = call.body.ip_range));
  }),
  post(path('change_protection'), deleteProtectionSchema, (call) => {
    const network = call.project.networks.get(call.id);
    return change(call, network, 'change_protection', () => (network.deleteProtection = call.body.delete));
  }),
];

const CHANGES = ['add_subnet', 'delete_subnet', 'add_route', 'delete_route', 'change_ip_range'];

/** @throws conflict while another change of the same network runs; clients wait and try again */
function unchanging(call: Call<unknown>): Network {
  const network = call.project.networks.get(call.id);
  const busy = CHANGES.some((command) => call.project.actions.running('network', network.id, command));
  if (busy) throw new ApiError(409, 'conflict', 'network is being changed');
  return network;
}

function change(call: Call<unknown>, network: Network, command: string, effect: NonNullable<ActionOrder['effect']>): Reply {
  const action = call.start({ command, resources: [['network', network.id]], effect, changesNetwork: true });
  return created({ action: renderAction(call.project, action) });
}
