import type { Host } from '../net/address-plan';
import type { PORTS } from '../net/ports';
import { TICKET_KEYS_PATH } from './haproxy';

/** Drop-in for ticket-keys.service with what depends on the address plan; all other limits are in the unit itself. */
export function renderTicketAgentPeer(peer: Host, ports: Pick<(typeof PORTS)['lb'], 'pair'>): string {
  return `\
[Service]
Environment=PEER_TICKET_KEYS_URL=https://${peer.address}:${ports.pair}${TICKET_KEYS_PATH}
IPAddressAllow=${peer.address}
`;
}
