import { expect, test } from 'vitest';
import { renderCertificateAgentConfig, renderCertificateAgentNetwork } from '../../lib/config/certificate-agent';
import type { Host } from '../../lib/net/address-plan';
import { PORTS } from '../../lib/net/ports';

const lb = (ordinal: number): Host => ({ name: `lb-${ordinal}`, tier: 'lb', ordinal, address: `10.0.1.${10 + ordinal}` });
const pair = { host: lb(1), peer: lb(2), ports: PORTS.lb };

test('the agent answers challenges on its own address, and takes certificates from the other load balancer', () => {
  const file: unknown = JSON.parse(
    renderCertificateAgentConfig({ ...pair, domains: ['www.example.test'], directoryUrl: 'https://acme.test/dir' }),
  );
  expect(file).toEqual({
    responder: { address: '10.0.1.11', port: 8402 },
    peerName: 'lb-2',
    peerCertificateUrl: 'https://10.0.1.12:8403/obtained.pem',
    domains: ['www.example.test'],
    directoryUrl: 'https://acme.test/dir',
  });
});

test('of the private network it reaches the two load balancers alone, and no metadata service', () => {
  const lines = renderCertificateAgentNetwork({ ...pair, networkRange: '10.0.0.0/16' }).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'IPAddressAllow=localhost 10.0.1.11 10.0.1.12',
      'IPAddressDeny=10.0.0.0/16 link-local multicast',
      'SocketBindAllow=tcp:8402',
      'SocketBindDeny=any',
    ]),
  );
});
