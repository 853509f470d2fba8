import { expect, test } from 'vitest';
import { renderFloatingIpAgentConfig } from '../../lib/config/floating-ip-agent';
import { AddressPlan } from '../../lib/net/address-plan';
import { PORTS } from '../../lib/net/ports';

test('tells the agent who it is, who its peer is, and where both answer', () => {
  const [host, peer] = new AddressPlan().hosts('lb', 2);
  if (!host || !peer) throw new Error('a pair has two hosts');
  expect(
    JSON.parse(
      renderFloatingIpAgentConfig({ host, peer, natGateway: '10.0.1.10', ports: PORTS.lb, peerHealthPath: '/health', holdSeconds: 3 }),
    ),
  ).toEqual({
    hostName: 'lb-1',
    privateAddress: '10.0.1.11',
    peerName: 'lb-2',
    peerPrivateAddress: '10.0.1.12',
    natGateway: '10.0.1.10',
    httpsPort: 443,
    haproxyHealthUrl: 'http://10.0.1.11:8404/healthz',
    agentPort: 9101,
    peerHealthPath: '/health',
    holdSeconds: 3,
  });
});
