import { execa } from 'execa';
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

/** A host with a name server and a neighbour at its other end; says who gets an answer of whom. */
const OUTSIDE = `
set -eu
mount -t tmpfs run /run
ip netns add outside
ip link set lo up
ip link add eth0 type veth peer name eth0 netns outside
ip address add 192.0.2.10/24 dev eth0
ip link set eth0 up
for address in 192.0.2.53 192.0.2.54; do ip -n outside address add $address/24 dev eth0; done
ip -n outside link set lo up
ip -n outside link set eth0 up
ip netns exec outside "$NODE" --eval "$SERVER" & server=$!
nft --file - <<<"$RULES"
for try in {1..50}; do ip netns exec outside ss -Hlun sport = 53 | grep -q 192.0.2.54 && break; sleep 0.1; done
for user in 0 65534; do
  for address in 192.0.2.53 192.0.2.54; do
    ! setpriv --reuid=$user --clear-groups "$NODE" --eval "$CLIENT" $address || echo "$user asks $address"
  done
done
kill $server
`;
const NAME_SERVER =
  "for (const own of ['192.0.2.53', '192.0.2.54']) { const socket = require('dgram').createSocket('udp4'); socket.on('message', (m, { port, address }) => socket.send(m, port, address)).bind(53, own) }";
const CLIENT =
  "const socket = require('dgram').createSocket('udp4'); socket.on('message', () => process.exit(0)); socket.on('error', () => process.exit(1)); socket.send('?', 53, process.argv[1], (error) => error && process.exit(1)); setTimeout(() => process.exit(1), 1000)";

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
      resolvers: ['192.0.2.53'],
      ports: PORTS,
      ...new AddressPlan(),
      operators: [],
      internet: [],
      proxied: false,
    });
    const env = { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, NODE: process.execPath, SERVER: NAME_SERVER, CLIENT, RULES: rules };
    const { stdout, stderr } = await execa('unshare', ['--net', '--mount', '--pid', '--fork', '--kill-child', 'bash', '-c', OUTSIDE], {
      reject: false,
      env,
    });
    expect(stdout.split('\n'), stderr).toEqual(['0 asks 192.0.2.53', '0 asks 192.0.2.54', '65534 asks 192.0.2.53']);
  },
);
