import type { Endpoint } from '../net/address-plan';

/** Where silent-peers.service reads it. A file of its own: facts of the host concern other units, too. */
export const SILENT_PEERS_ENV = '/etc/platform/silent-peers.env';

/**
 * Environment of silent-peers.service: the servers of the next tier, the path by which each is asked, and which connections to a silent one
 * end. `repeatable`: those of HAProxy without a keep-alive timer. `all`: all to a server that takes no new ones.
 */
export function renderSilentPeers(connections: 'repeatable' | 'all', servers: readonly Endpoint[], path: string): string {
  const asked = servers.map(({ address, port }) => `${address}:${port}${path}`);
  return `\
WATCHED_SERVERS=${asked.join(',')}
WATCHED_CONNECTIONS=${connections}
`;
}
