import { ipBatch, run, tryRun } from './command';
import type { LabPaths } from './paths';
import { CLIENT_ADDRESS, CLIENT_GATEWAY, EDGE, RESOLVERS, SERVICES, SITES } from './topology';

const ROUTER_SETTINGS = [
  'net.ipv4.ip_forward=1',
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
  'net.ipv4.conf.all.send_redirects=0',
  'net.ipv4.conf.default.send_redirects=0',
  // Answers of the services on lo come back in from the load balancer that does NAT, with a source that is local here
  'net.ipv4.conf.all.accept_local=1',
  // ARP answers for the gateway of the asking link and for nothing else
  'net.ipv4.conf.all.arp_ignore=1',
  'net.ipv4.conf.default.arp_ignore=1',
  // Answers of the router itself go back into the network that asked
  'net.ipv4.tcp_fwmark_accept=1',
  'net.ipv4.fwmark_reflect=1',
  'net.ipv6.conf.all.disable_ipv6=1',
  'net.ipv6.conf.default.disable_ipv6=1',
];

/** Makes the router, the client's side of the Internet and Cloudflare's edge. None of them may exist before. */
export async function createRouter(paths: LabPaths): Promise<void> {
  const { routerNamespace: router, clientNamespace: client, edgeNamespace: edge } = paths;
  for (const namespace of [router, client, edge]) await run(['ip', 'netns', 'add', namespace]);
  await run(['nsenter', `--net=/run/netns/${router}`, 'sysctl', '-q', '-w', ...ROUTER_SETTINGS]);
  await ipBatch(
    [
      'link set lo up',
      ...[...Object.values(SERVICES), ...Object.values(SITES), ...RESOLVERS].map((address) => `address add ${address}/32 dev lo`),
      `link add client type veth peer name eth0 netns ${client}`,
      `address add ${CLIENT_GATEWAY}/24 dev client`,
      'link set client up',
      `link add edge type veth peer name eth0 netns ${edge}`,
      `address add ${EDGE.gateway}/24 dev edge`,
      'link set edge up',
      `route add ${EDGE.towardsOrigins}/32 via ${EDGE.address} dev edge`,
      // The tables of networks come first, even before local routes, so that a private machine reaches only its network
      'rule add pref 100 lookup local',
      'rule del pref 0',
      'route add blackhole default metric 9999',
    ],
    router,
  );
  await ipBatch(
    ['link set lo up', `address add ${CLIENT_ADDRESS}/24 dev eth0`, 'link set eth0 up', `route add default via ${CLIENT_GATEWAY}`],
    client,
  );
  await ipBatch(
    [
      'link set lo up',
      `address add ${EDGE.address}/24 dev eth0`,
      `address add ${EDGE.towardsOrigins}/32 dev eth0`,
      'link set eth0 up',
      `route add default via ${EDGE.gateway}`,
    ],
    edge,
  );
}

/** Removes all namespaces of a lab, with every link in them. */
export async function removeNamespaces(paths: LabPaths): Promise<void> {
  for (const namespace of await namespacesOf(paths)) await tryRun(['ip', 'netns', 'delete', namespace]);
}

async function namespacesOf(paths: LabPaths): Promise<string[]> {
  const names = (await run(['ip', 'netns', 'list'])).split('\n').map((line) => line.split(' ')[0] ?? '');
  const own = new Set([paths.routerNamespace, paths.clientNamespace, paths.edgeNamespace]);
  return names.filter((name) => own.has(name) || (name.startsWith(`${paths.name}-m-`) && /^\d+$/.test(name.slice(paths.name.length + 3))));
}
