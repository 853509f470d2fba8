import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { renderHostFirewall } from '../../lib/config/nftables';
import { AddressPlan } from '../../lib/net/address-plan';
import { PORTS } from '../../lib/net/ports';
import { CONNECTIONS } from '../../lib/platform-stack';
import { hasProgram } from '../helpers/programs';
import { LOAD_BALANCER, TWO_HOSTS, WEB_SERVER } from '../helpers/two-hosts';

const missing = process.getuid?.() !== 0 || !['nft', 'ip', 'unshare'].every((name) => hasProgram(name));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'host-firewall-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What the unit runs at boot, one command after another until one fails, as systemd does it. */
function boot(rules: string): string {
  writeFileSync(join(folder, 'host-firewall.nft'), rules);
  writeFileSync(join(folder, 'host-firewall-closed.nft'), readFileSync('provisioning/shared/host-firewall-closed.nft'));
  const unit = readFileSync('provisioning/units/host-firewall.service', 'utf8');
  return ['ExecStartPre', 'ExecStart']
    .flatMap((key) =>
      [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, command = '']) =>
        command.replace('/usr/sbin/', '').replace('/etc/platform', folder),
      ),
    )
    .join(' &&\n');
}

const PORTS_TRIED = [22, 80, 3306];

/** A web server and a load balancer in namespaces of their own: to which ports of the web server the load balancer can connect after its boot. */
async function openAfterBoot(rules: string): Promise<{ readonly open: readonly number[]; readonly failed: boolean }> {
  const servers = PORTS_TRIED.map(
    (port) => `require('net').createServer((socket) => socket.end('open')).listen(${port}, '${WEB_SERVER}');`,
  ).join('');
  const script = `${TWO_HOSTS}
{ ${boot(rules)}
} 2>/dev/null || echo failed
"$NODE" --eval "$SERVERS" &
for try in {1..50}; do [ "$(ss -Htln | wc -l)" -ge ${PORTS_TRIED.length} ] && break; sleep 0.1; done
for port in ${PORTS_TRIED.join(' ')}; do
  ip netns exec lb timeout 2 bash -c "exec 3<>/dev/tcp/${WEB_SERVER}/$port && cat <&3 >/dev/null && echo $port" 2>/dev/null || true
done`;
  const { stdout } = await execa('unshare', ['--net', '--mount', '--pid', '--fork', '--kill-child', 'bash', '-c', script], {
    env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, NODE: process.execPath, SERVERS: servers },
  });
  const lines = stdout.split('\n').filter(Boolean);
  return { open: lines.filter((line) => line !== 'failed').map(Number), failed: lines.includes('failed') };
}

const rules = (user: string) =>
  renderHostFirewall({
    tier: 'web',
    connections: CONNECTIONS,
    waysOut: [{ from: 'web', user }],
    ports: PORTS,
    ...new AddressPlan(),
    operators: ['0.0.0.0/0'],
    internet: ['0.0.0.0/0'],
    resolvers: ['185.12.64.1'],
    proxied: false,
  });

test.skipIf(missing)(
  'a host whose rules cannot be loaded at boot, because one names a user that is gone, is closed but for SSH',
  async () => {
    expect(await openAfterBoot(rules('no-such-user'))).toEqual({ open: [22], failed: true });
  },
);

test.skipIf(missing)('a host whose rules can be loaded is as open as they say', async () => {
  expect(await openAfterBoot(rules('root'))).toEqual({ open: [22, 80], failed: false });
});

/** Sends one echo request by hand, and waits for its answer. */
const PING = `socket(S, PF_INET, SOCK_RAW, 1) or die "no raw socket";
send(S, pack("C2n3", 8, 0, 0xf7ff - $$, $$, 0), 0, pack_sockaddr_in(0, inet_aton($ARGV[0]))) or exit 1;
alarm 2; recv(S, $_, 1500, 0); exit unpack("x20 C", $_);`;

/** Root, and a service that may ping as far as the kernel is concerned: whose ping the load balancer answers after a boot without rules. */
async function pingsWhileClosed(): Promise<readonly string[]> {
  const script = `${TWO_HOSTS}
{ ${boot(rules('no-such-user'))}
} 2>/dev/null || true
perl -MSocket -e "$PING" ${LOAD_BALANCER} && echo root
setpriv --reuid=4321 --regid=4321 --clear-groups --inh-caps=+net_raw --ambient-caps=+net_raw perl -MSocket -e "$PING" ${LOAD_BALANCER} && echo service
true`;
  const { stdout } = await execa('unshare', ['--net', '--mount', '--pid', '--fork', '--kill-child', 'bash', '-c', script], {
    env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, PING },
  });
  return stdout.split('\n').filter(Boolean);
}

test.skipIf(missing)('out of a host without rules root alone pings, or a service could send data that way', async () => {
  expect(await pingsWhileClosed()).toEqual(['root']);
});
