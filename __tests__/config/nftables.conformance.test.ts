import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderHostFirewall } from '../../lib/config/nftables';
import { AddressPlan } from '../../lib/net/address-plan';
import { PORTS } from '../../lib/net/ports';
import { RESOLVERS } from '../../lib/net/resolvers';
import { CONNECTIONS } from '../../lib/platform-stack';
import { hasProgram } from '../helpers/programs';
import { TWO_HOSTS, WEB_SERVER } from '../helpers/two-hosts';

const missing = process.getuid?.() !== 0 || !['nft', 'ip', 'unshare'].every((name) => hasProgram(name));
/** Where sshd listens; says nothing before it is asked to. */
const SERVER = `require('net').createServer((socket) => process.once('SIGUSR2', () => socket.write('said later\\n'))).listen(22, '${WEB_SERVER}')`;

/** Two hosts in namespaces of their own, which end with the script. */
const SESSION = `${TWO_HOSTS}
"$NODE" --eval "$SERVER" & server=$!
ip netns exec lb bash -c 'for try in {1..50}; do exec 3<>/dev/tcp/${WEB_SERVER}/22 && break; sleep 0.1; done; read -r -t 2 -u 3 line; echo "$line"' 2>/dev/null & client=$!
for try in {1..50}; do ss -Htn state established sport = 22 | grep -q . && break; sleep 0.1; done
sleep 0.2
nft --file - <<<"$RULES"
kill -USR2 $server
wait $client
`;

const render = (connections = CONNECTIONS) =>
  renderHostFirewall({
    tier: 'web',
    connections,
    waysOut: [],
    resolvers: RESOLVERS,
    ports: PORTS,
    ...new AddressPlan(),
    operators: ['0.0.0.0/0'],
    internet: ['0.0.0.0/0'],
    proxied: false,
  });
const heard = async (rules: string) =>
  (
    await execa('unshare', ['--net', '--mount', '--pid', '--fork', '--kill-child', 'bash', '-c', SESSION], {
      reject: false,
      env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, NODE: process.execPath, SERVER, RULES: rules },
    })
  ).stdout;

test.skipIf(missing)('a session that is there before the first rules goes on, also when the host is the next to speak', async () => {
  expect(await heard(render())).toBe('said later');
  expect(await heard(render(CONNECTIONS.filter(({ port }) => port !== 'ssh'))), 'without SSH in the table').toBe('');
});

/** Load balancers have IPv6, too; not every machine that tests has it. */
const FAMILIES = [
  ['192.0.2.10/24', '192.0.2.53', '192.0.2.54'],
  ...(existsSync('/proc/net/if_inet6') ? [['2001:db8::10/64', '2001:db8::53', '2001:db8::54']] : []),
] as const;
/** Else an address of IPv6 is none for a second. */
const nodad = (address: string) => (address.includes(':') ? ' nodad' : '');
const SERVERS = FAMILIES.flatMap(([, ...servers]) => servers).join(' ');

/** A host with a name server and a neighbour at its other end, by each family; says who gets an answer of whom. */
const OUTSIDE = `
set -eu
mount -t tmpfs run /run
ip netns add outside
ip link set lo up
ip link add eth0 type veth peer name eth0 netns outside
${FAMILIES.map(([own]) => `ip address add ${own} dev eth0${nodad(own)}`).join('\n')}
ip link set eth0 up
${FAMILIES.flatMap(([own, ...servers]) => servers.map((server) => `ip -n outside address add ${server}/${own.split('/')[1]} dev eth0${nodad(server)}`)).join('\n')}
ip -n outside link set lo up
ip -n outside link set eth0 up
ip netns exec outside "$NODE" --eval "$SERVER" & server=$!
nft --file - <<<"$RULES"
for try in {1..50}; do ip netns exec outside ss -Hlun sport = 53 | [ "$(wc -l)" -ge ${SERVERS.split(' ').length} ] && break; sleep 0.1; done
for user in 0 65534; do
  for address in ${SERVERS}; do
    ! setpriv --reuid=$user --clear-groups "$NODE" --eval "$CLIENT" $address || echo "$user asks $address"
  done
done
kill $server
`;
const NAME_SERVER =
  "for (const own of process.env.SERVERS.split(' ')) { const socket = require('dgram').createSocket(own.includes(':') ? 'udp6' : 'udp4'); socket.on('message', (m, { port, address }) => socket.send(m, port, address)).bind(53, own) }";
/** Asks again: the first packet to a neighbour by IPv6 may wait for a second. */
const CLIENT =
  "const socket = require('dgram').createSocket(process.argv[1].includes(':') ? 'udp6' : 'udp4'); socket.on('message', () => process.exit(0)); socket.on('error', () => process.exit(1)); const ask = () => socket.send('?', 53, process.argv[1], (error) => error && process.exit(1)); ask(); setInterval(ask, 300); setTimeout(() => process.exit(1), 3000)";

test.skipIf(missing || !hasProgram('setpriv'))(
  'everybody asks the name servers of the setting, and nobody but root asks others',
  async () => {
    const rules = renderHostFirewall({
      tier: 'web',
      connections: [],
      waysOut: [
        { from: 'web', ports: ['dns'], to: 'resolvers' },
        { from: 'web', user: 'root' },
      ],
      resolvers: FAMILIES.map(([, server]) => server),
      ports: PORTS,
      ...new AddressPlan(),
      operators: [],
      internet: [],
      proxied: false,
    });
    const env = {
      PATH: `${process.env['PATH']}:/usr/sbin:/sbin`,
      NODE: process.execPath,
      SERVER: NAME_SERVER,
      SERVERS,
      CLIENT,
      RULES: rules,
    };
    const { stdout, stderr } = await execa('unshare', ['--net', '--mount', '--pid', '--fork', '--kill-child', 'bash', '-c', OUTSIDE], {
      reject: false,
      env,
    });
    expect(stdout.split('\n'), stderr).toEqual([
      ...SERVERS.split(' ').map((server) => `0 asks ${server}`),
      ...FAMILIES.map(([, server]) => `65534 asks ${server}`),
    ]);
  },
);
