import type { ServerType } from './catalogue';
import { ApiError } from './errors';
import type { Limited } from './faults';
import type { Project } from './project';

/**
 * Texts as seen at Hetzner: hetzneronline/community-content issue 933 (Primary IP), the recordings of the provider (server), reports of
 * users (dedicated cores). That of floating IPs is a guess. The name in the details is known only for primary_ip_limit.
 */
const REFUSALS: Readonly<Record<Limited, readonly [text: string, name: string]>> = {
  servers: ['server limit reached', 'server_limit'],
  primary_ips: ['Primary IP limit exceeded', 'primary_ip_limit'],
  dedicated_cores: ['dedicated core limit exceeded', 'dedicated_core_limit'],
  floating_ips: ['floating IP limit exceeded', 'floating_ip_limit'],
};

/** IPv4 and IPv6 count alike. */
const USED: Readonly<Record<Limited, (project: Project) => number>> = {
  servers: (project) => project.servers.all().length,
  primary_ips: (project) => project.primaryIps.all().length,
  dedicated_cores: (project) => project.servers.all().reduce((sum, server) => sum + dedicatedCores(server.serverType), 0),
  floating_ips: (project) => project.floatingIps.all().length,
};

export const dedicatedCores = ({ cpuType, cores }: ServerType): number => (cpuType === 'dedicated' ? cores : 0);

/** @throws resource_limit_exceeded when the project would exceed the limit */
export function checkLimit(project: Project, what: Limited, more: number): void {
  const most = project.faults.limitOf(what);
  if (most === null || more <= 0 || USED[what](project) + more <= most) return;
  const [text, name] = REFUSALS[what];
  throw new ApiError(403, 'resource_limit_exceeded', text, { limits: [{ name }] });
}
