import { expect, test } from 'vitest';
import type { DesiredServer } from '../../../lab/api/hardware';
import { LinkFaults, type Cut } from '../../../lab/machines/link-faults';
import { linksOf, NetworkTables } from '../../../lab/machines/topology';

const network = { networkId: 7, networkName: 'net', networkRange: '10.0.0.0/16', subnetRange: '10.0.1.0/24', gateway: '10.0.0.1' };
const server = (id: number, name: string): DesiredServer => ({
  id,
  name,
  publicIpv4: `203.0.113.${id}`,
  floatingIps: [],
  privateNets: [{ ...network, ip: `10.0.1.${id}`, aliasIps: [], macAddress: '86:00:00:00:00:01' }],
  firewallRules: null,
});
const desired = { servers: [server(11, 'lb-1'), server(12, 'lb-2')], routes: [] };

function faultsAfter(work: (faults: LinkFaults) => void) {
  const faults = new LinkFaults();
  const tables = new NetworkTables();
  work(faults);
  return faults.resolve(desired, (one) => linksOf(one, tables));
}

const betweenThePair: Cut = { machine: 'lb-1', link: 'private', peer: 'lb-2', direction: 'in' };

test('a peer is known by its name', () => {
  expect(faultsAfter((faults) => faults.cut(betweenThePair))).toEqual([
    { device: 'n11.0', direction: 'in', peers: ['10.0.1.12'], lossPercent: 100 },
  ]);
});

test('the name servers are a peer, too', () => {
  expect(faultsAfter((faults) => faults.cut({ machine: 'lb-1', link: 'public', peer: 'resolvers' }))).toEqual([
    { device: 'p11', direction: 'both', peers: ['185.12.64.1', '185.12.64.2'], lossPercent: 100 },
  ]);
});

test('healing with the same peer and direction removes that cut and no other', () => {
  const left = faultsAfter((faults) => {
    faults.cut(betweenThePair);
    faults.cut({ ...betweenThePair, direction: 'out' });
    faults.heal(betweenThePair);
  });
  expect(left.map((fault) => fault.direction)).toEqual(['out']);
});

test('healing a link without a peer removes all its cuts', () => {
  const left = faultsAfter((faults) => {
    faults.cut(betweenThePair);
    faults.degrade({ machine: 'lb-1', link: 'private', lossPercent: 5 });
    faults.heal({ machine: 'lb-1', link: 'private' });
  });
  expect(left).toEqual([]);
});

test('healing where nothing is cut is allowed', () => {
  expect(faultsAfter((faults) => faults.heal(betweenThePair))).toEqual([]);
});

test('a loss of 0 % removes the fault', () => {
  expect(faultsAfter((faults) => faults.degrade({ machine: 'lb-1', link: 'public', lossPercent: 0 }))).toEqual([]);
});
