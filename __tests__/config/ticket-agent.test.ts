import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderTicketAgentPeer } from '../../lib/config/ticket-agent';
import { PORTS } from '../../lib/net/ports';

test('the agent of session tickets reaches the other load balancer, and nobody else', () => {
  const lines = renderTicketAgentPeer({ name: 'lb-2', tier: 'lb', ordinal: 2, address: '10.0.1.12' }, PORTS.lb).split('\n');
  expect(lines).toEqual([
    '[Service]',
    'Environment=PEER_TICKET_KEYS_URL=https://10.0.1.12:8403/ticket-keys',
    'IPAddressAllow=10.0.1.12',
    '',
  ]);
  const unit = readFileSync('provisioning/units/ticket-keys.service', 'utf8').split('\n');
  expect(unit).toEqual(expect.arrayContaining(['IPAddressDeny=any', 'SocketBindDeny=any', 'CapabilityBoundingSet=']));
});
