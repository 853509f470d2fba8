import { describe, expect, test } from 'vitest';
import type { DesiredServer } from '../../../lab/api/hardware';
import { configureGuest, layCable, linksOf, NetworkTables, routerRoutes } from '../../../lab/machines/topology';

const network = { networkId: 7, networkName: 'net', networkRange: '10.0.0.0/16', subnetRange: '10.0.1.0/24', gateway: '10.0.0.1' };

function server(id: number, changes: Partial<DesiredServer> = {}): DesiredServer {
  return {
    id,
    name: `server-${id}`,
    publicIpv4: `203.0.113.${id}`,
    floatingIps: [],
    privateNets: [{ ...network, ip: `10.0.1.${id}`, aliasIps: [], macAddress: `86:00:00:00:00:${id}` }],
    firewallRules: null,
    ...changes,
  };
}

test('a server has a cable for its public address and one for each network', () => {
  const links = linksOf(server(11), new NetworkTables());
  expect(links.map((link) => [link.device, link.guestDevice, link.address, link.mtu])).toEqual([
    ['p11', 'eth0', '203.0.113.11', 1500],
    ['n11.0', 'enp7s0', '10.0.1.11', 1450],
  ]);
});

test('the router answers for the gateway alone, at its end of the cable', () => {
  const [, link] = linksOf(server(11), new NetworkTables());
  expect(layCable(link!, 'lab-m-11')).toEqual([
    'link add n11.0 mtu 1450 type veth peer name enp7s0 address 86:00:00:00:00:11 mtu 1450 netns lab-m-11',
    'address add 10.0.0.1/32 dev n11.0',
    'link set n11.0 up',
  ]);
});

test('a private machine gets no default route, as from DHCP at Hetzner', () => {
  const [link] = linksOf(server(11, { publicIpv4: null }), new NetworkTables());
  expect(configureGuest(link!, true)).toEqual([
    'link set enp7s0 up',
    'address replace 10.0.1.11/32 dev enp7s0',
    'route replace 10.0.0.1/32 dev enp7s0',
    'route replace 10.0.0.0/16 via 10.0.0.1 dev enp7s0',
    'route replace 169.254.169.254/32 via 10.0.0.1 dev enp7s0',
  ]);
});

describe('routes of the router', () => {
  test('floating and alias addresses are routed to a machine that need not have configured them', () => {
    const tables = new NetworkTables();
    const [net] = server(11).privateNets;
    const links = linksOf(server(11, { floatingIps: ['203.0.113.100'], privateNets: [{ ...net!, aliasIps: ['10.0.1.10'] }] }), tables);
    const { routes, neighbours } = routerRoutes(links, []);
    expect(routes).toContain('203.0.113.100/32 dev p11');
    expect(routes).toContain('10.0.1.10/32 dev n11.0 table 1000');
    expect(neighbours).toContain('10.0.1.10 dev n11.0 lladdr 86:00:00:00:00:11 nud permanent');
  });

  test("a network's route leads to the machine that has the gateway as alias, for that network alone", () => {
    const tables = new NetworkTables();
    const [net] = server(11).privateNets;
    const links = linksOf(server(11, { privateNets: [{ ...net!, aliasIps: ['10.0.1.10'] }] }), tables);
    const { routes } = routerRoutes(links, [{ networkRange: '10.0.0.0/16', destination: '0.0.0.0/0', gateway: '10.0.1.10' }]);
    expect(routes).toContain('default via 10.0.1.10 dev n11.0 onlink table 1000');
  });

  test('a route whose gateway no machine has leads nowhere', () => {
    const links = linksOf(server(11), new NetworkTables());
    const { routes } = routerRoutes(links, [{ networkRange: '10.0.0.0/16', destination: '0.0.0.0/0', gateway: '10.0.1.10' }]);
    expect(routes.filter((route) => route.includes('default'))).toEqual(['blackhole default metric 9999 table 1000']);
  });

  test('two networks have two tables, whatever their ranges', () => {
    const tables = new NetworkTables();
    const [net] = server(12).privateNets;
    const links = [...linksOf(server(11), tables), ...linksOf(server(12, { privateNets: [{ ...net!, networkId: 8 }] }), tables)];
    expect(links.flatMap((link) => link.table ?? [])).toEqual([1000, 1001]);
  });
});
