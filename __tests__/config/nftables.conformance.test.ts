import { execa } from 'execa';
import { expect, test } from 'vitest';
import { renderHostFirewall } from '../../lib/config/nftables';
import { AddressPlan } from '../../lib/net/address-plan';
import { PORTS } from '../../lib/net/ports';
import { CONNECTIONS } from '../../lib/platform-stack';
import { hasProgram } from '../helpers/programs';

const missing = process.getuid?.() !== 0 || !['nft', 'ip', 'unshare'].every((name) => hasProgram(name));
const LOAD_BALANCER = '10.0.1.11';
const WEB_SERVER = '10.0.2.11';
/** Where sshd listens; says nothing before it is asked to. */
const SERVER = `require('net').createServer((socket) => process.once('SIGUSR2', () => socket.write('said later\\n'))).listen(22, '${WEB_SERVER}')`;

/** Two hosts in namespaces of their own, which end with the script. */
const SESSION = `
set -eu
mount -t tmpfs run /run
ip netns add lb
ip link add to-lb type veth peer name to-web netns lb
ip address add ${WEB_SERVER} peer ${LOAD_BALANCER} dev to-lb
ip link set to-lb up
ip -n lb address add ${LOAD_BALANCER} peer ${WEB_SERVER} dev to-web
ip -n lb link set to-web up
"$NODE" --eval "$SERVER" & server=$!
ip netns exec lb bash -c 'for try in {1..50}; do exec 3<>/dev/tcp/${WEB_SERVER}/22 && break; sleep 0.1; done; read -r -t 2 -u 3 line; echo "$line"' 2>/dev/null & client=$!
for try in {1..50}; do ss -Htn state established sport = 22 | grep -q . && break; sleep 0.1; done
sleep 0.2
nft --file - <<<"$RULES"
kill -USR2 $server
wait $client
`;

const render = (connections = CONNECTIONS) =>
  renderHostFirewall({ tier: 'web', connections, waysOut: [], ports: PORTS, ...new AddressPlan(), operators: ['0.0.0.0/0'], internet: ['0.0.0.0/0'], proxied: false });
const heard = async (rules: string) =>
  (await execa('unshare', ['--net', '--mount', '--pid', '--fork', '--kill-child', 'bash', '-c', SESSION], { reject: false, env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, NODE: process.execPath, SERVER, RULES: rules } })).stdout;

test.skipIf(missing)('a session that is there before the first rules goes on, also when the host is the next to speak', async () => {
  expect(await heard(render())).toBe('said later');
  expect(await heard(render(CONNECTIONS.filter(({ port }) => port !== 'ssh'))), 'without SSH in the table').toBe('');
});
