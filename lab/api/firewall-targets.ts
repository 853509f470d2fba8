import { parseSelector } from './labels';
import type { Firewall, FirewallTarget, Server } from './models';
import type { Project } from './project';

/** A firewall filters the public side only, so a server without one cannot have it. */
export const hasPublicInterface = (project: Project, server: Server): boolean =>
  project.primaryIps.all().some((ip) => ip.assigneeId === server.id);

/** The servers that a target means right now; selectors follow the labels. */
export function serversOf(project: Project, target: FirewallTarget): readonly Server[] {
  if (target.type === 'server') return project.servers.all().filter((server) => server.id === target.serverId);
  const matches = parseSelector(target.selector);
  return project.servers.all().filter((server) => matches(server.labels) && hasPublicInterface(project, server));
}

export const affectedServers = (project: Project, firewall: Firewall): readonly Server[] => [
  ...new Set(firewall.appliedTo.flatMap((target) => serversOf(project, target))),
];

export const effectiveFirewalls = (project: Project, server: Server): readonly Firewall[] =>
  project.firewalls.all().filter((firewall) => affectedServers(project, firewall).includes(server));
