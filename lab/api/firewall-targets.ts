import { parseSelector } from './labels';
import type { Firewall, FirewallTarget, Server } from './models';
import type { World } from './world';

/** A firewall filters the public side only, so a server without one cannot have it. */
export const hasPublicInterface = (world: World, server: Server): boolean =>
  world.primaryIps.all().some((ip) => ip.assigneeId === server.id);

/** The servers that a target means right now; selectors follow the labels. */
export function serversOf(world: World, target: FirewallTarget): readonly Server[] {
  if (target.type === 'server') return world.servers.all().filter((server) => server.id === target.serverId);
  const matches = parseSelector(target.selector);
  return world.servers.all().filter((server) => matches(server.labels) && hasPublicInterface(world, server));
}

export const affectedServers = (world: World, firewall: Firewall): readonly Server[] => [
  ...new Set(firewall.appliedTo.flatMap((target) => serversOf(world, target))),
];

export const effectiveFirewalls = (world: World, server: Server): readonly Firewall[] =>
  world.firewalls.all().filter((firewall) => affectedServers(world, firewall).includes(server));
