import type { Endpoint } from '../net/address-plan';

/**
 * Facts for silent-peers.service: the servers of the next tier, the path by which each is asked, and which connections to a silent one end.
 * `repeatable`: those of HAProxy without a keep-alive timer. `all`: all to a server that takes no new ones.
 */
export function watchedServers(connections: 'repeatable' | 'all', servers: readonly Endpoint[], path: string): Record<string, string> {
  return {
    WATCHED_SERVERS: servers.map(({ address, port }) => `${address}:${port}${path}`).join(','),
    WATCHED_CONNECTIONS: connections,
  };
}
