import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hoursAt, parseKeys } from '../../agents/ticket-keys/keys';
import { hasProgram } from '../helpers/programs';

describe('first-ticket-keys', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'first-ticket-keys-'))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const run = () => execa(resolve('provisioning/load-balancer/first-ticket-keys'), [folder]);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const shared = () => parseKeys(read('shared.map').replace(/^keys /, ''));

  test('makes random keys of the three hours, for HAProxy and for the agent', async () => {
    const before = hoursAt(Date.now());
    const { stdout, stderr } = await run();
    expect(stdout + stderr).toBe('');
    expect([before, hoursAt(Date.now())]).toContainEqual(shared().map(({ hour }) => hour));
    const secrets = shared().map(({ secret }) => secret);
    expect(read('keys')).toBe(`${secrets.join('\n')}\n`);
    expect(new Set(secrets).size).toBe(3);
  });

  test('leaves keys alone that are there, and makes new ones where half is missing', async () => {
    await run();
    const made = read('keys');
    await run();
    expect(read('keys')).toBe(made);
    writeFileSync(join(folder, 'shared.map'), '');
    await run();
    expect(read('keys')).not.toBe(made);
    expect(shared()).toHaveLength(3);
  });

  test('makes files that only their owner can read', async () => {
    await run();
    for (const name of ['keys', 'shared.map']) expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
  });
});

const missing = process.getuid?.() !== 0 || !hasProgram('unshare');
const PEER = '/etc/systemd/system/ticket-keys.service.d/peer.conf';

/**
 * A load balancer in a mount namespace of its own, and the real load-balancer.sh, whose main runs the steps of session tickets alone.
 * systemd writes down what it is told, and starts first-ticket-keys. $BEFORE runs first; prints how the script ended, and what is there.
 */
const HOST = `
set -eu
mount --make-rprivate /
for folder in /var/lib /etc/platform /etc/systemd/system /tmp /run /usr/local/lib /opt; do
  mkdir -p "$folder"
  mount -t tmpfs tmpfs "$folder"
done
install -d -m 0700 /tmp/upload /run/ticket-keys /var/lib/bin
cp -r "$SCRIPTS"/* /tmp/upload
mkdir -p /tmp/upload/files/opt/platform/agents "/tmp/upload/files\${PEER%/*}"
printf '%s\\n' "$AGENT" >/tmp/upload/files/opt/platform/agents/ticket-keys.js
printf '[Service]\\n' >"/tmp/upload/files$PEER"
mv /tmp/upload/common.sh /tmp/upload/all-common.sh
printf '%s\\n' 'source "$(dirname "$0")/all-common.sh"' 'main() { make_first_ticket_keys; apply_ticket_agent; }' >/tmp/upload/common.sh
cat >/var/lib/bin/systemctl <<'END'
#!/bin/sh
echo "$*" >>/tmp/told
case "$*" in
  "start first-ticket-keys.service") /usr/local/lib/platform/first-ticket-keys /run/ticket-keys ;;
  "start ticket-keys.service") exit "\${AGENT_ENDS:-0}" ;;
esac
END
printf '#!/bin/sh\\necho "of the journal"\\n' >/var/lib/bin/journalctl
chmod +x /var/lib/bin/*
export PATH=/var/lib/bin:$PATH
eval "$BEFORE"
rm -f /tmp/told
bash /tmp/upload/load-balancer.sh configure 2>&1 && echo done || echo "ended with $?"
grep -v daemon-reload /tmp/told || true
cd /
find run/ticket-keys opt -type f 2>/dev/null || true
ls ".$PEER" 2>/dev/null || true`;

async function deployed({ before = '', agent = '', agentEnds = 0 } = {}): Promise<string[]> {
  const env = { SCRIPTS: resolve('provisioning'), PEER, BEFORE: before, AGENT: agent, AGENT_ENDS: String(agentEnds) };
  const { stdout } = await execa('unshare', ['--mount', '--pid', '--fork', '--kill-child', 'bash', '-c', HOST], { env });
  return stdout.split('\n');
}

describe.skipIf(missing)('a deploy', () => {
  const STARTED = ['--quiet --no-reload enable first-ticket-keys.service', 'start first-ticket-keys.service'];
  const AGENT = ['--quiet --no-reload enable ticket-keys.timer', 'restart ticket-keys.timer', 'start ticket-keys.service'];
  const FILES = ['run/ticket-keys/keys', 'run/ticket-keys/shared.map'];
  const INSTALLED = ['opt/platform/agents/ticket-keys.js', `.${PEER}`];
  const sorted = (lines: readonly string[]) => [...lines].sort();

  test('brings keys, agent and timer', async () => {
    expect(sorted(await deployed())).toEqual(sorted(['done', ...STARTED, ...AGENT, ...FILES, ...INSTALLED]));
  });

  test('goes on where the agent fails, and says what it said: sessions only do not outlive a failover', async () => {
    const said = await deployed({ agentEnds: 1 });
    expect(said).toContain('load-balancer.sh: WARNING: of the journal');
    expect(said).toContain('done');
  });

  test('stops before an agent that node rejects, and leaves the running one alone', async () => {
    const said = await deployed({ agent: 'what is no program', before: 'install -D /dev/null /opt/platform/agents/ticket-keys.js' });
    expect(said).toContain('load-balancer.sh: ERROR: node rejects the new agent of session tickets; the running one was left alone');
    expect(said).toContain('ended with 3');
    expect(said).not.toContain('--quiet --no-reload enable ticket-keys.timer');
  });

  test('removes all of it, keys too, where proxies come to show a client certificate', async () => {
    const before = 'bash /tmp/upload/load-balancer.sh configure >/dev/null; rm "/tmp/upload/files$PEER"';
    expect(sorted(await deployed({ before }))).toEqual(
      sorted([
        'done',
        'disable --quiet --now ticket-keys.timer first-ticket-keys.service',
        'stop ticket-keys.service',
        'opt/platform/agents/ticket-keys.js',
      ]),
    );
  });
});
