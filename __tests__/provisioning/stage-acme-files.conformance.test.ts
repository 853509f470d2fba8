import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { obtained } from '../agents/certificate/certificates';
import { certificate } from '../helpers/certificate';
import { hasProgram } from '../helpers/programs';
import { AGENT, AGENT_ACCOUNT, AS_AGENT, onHost } from './certificate-agent-host';

const missing = process.getuid?.() !== 0 || !['haproxy', 'unshare', 'setpriv'].every((name) => hasProgram(name));
const GIVEN = obtained().text;
const SECRET = 'a key of root';

/**
 * A load balancer in a mount namespace of its own, on which a deploy brings HAProxy's files into place while code runs as the user of the
 * certificate agent: $ATTACK, in its folder. The real load-balancer.sh runs $RUNS times, of which main runs apply_haproxy alone, and the
 * real HAProxy checks the files. Prints how each run ended, and what visitors and the other load balancer would be shown after it.
 */
const HOST = `
set -eu
mount --make-rprivate /
passwd=$(cat /etc/passwd; echo '${AGENT_ACCOUNT}')
for folder in /var/lib /etc/haproxy /etc/platform /etc/systemd/system /tmp; do
  mkdir -p "$folder"
  mount -t tmpfs tmpfs "$folder"
done
printf '%s\\n' "$passwd" >/var/lib/passwd
mount --bind /var/lib/passwd /etc/passwd
mkdir /var/lib/haproxy
install -d -m 0700 -o ${AGENT} -g ${AGENT} /var/lib/certificate-agent
install -d -m 0700 /etc/platform/credentials
(umask 077; cd /etc/platform/credentials; printf '%s' "$FIRST" | tee tls-certificate pair-certificate >pair-ca)
# Where the agent could make a second name of it, if the kernel let it
(umask 077; printf '%s' "$OF_ROOT" >/var/lib/of-root.pem)
printf '%s' "$GIVEN" >/var/lib/given.pem
chmod 0644 /var/lib/given.pem

install -d -m 0700 /tmp/upload
cp -r "$SCRIPTS"/* /tmp/upload
[ "$READER" = take-from ] || printf '%s\\n' "$READER" >/tmp/upload/load-balancer/take-from
mkdir -p /tmp/upload/files/etc/haproxy/platform /tmp/upload/files/etc/platform
printf 'PEER_PUBLIC_ADDRESS=192.0.2.2\\nPRIVATE_ADDRESS=127.0.0.1\\nMETRICS_PORT=1\\n' >/tmp/upload/facts.env
printf 'HTTP/1.0 503 Service Unavailable\\r\\n\\r\\n' >/tmp/upload/files/etc/haproxy/platform/unavailable.http
printf '{}' >/tmp/upload/files/etc/platform/certificate-agent.json
printf '%s' "$HAPROXY_CONFIG" >/tmp/upload/files/etc/haproxy/haproxy.cfg
mv /tmp/upload/common.sh /tmp/upload/all-common.sh
printf '%s\\n' 'source "$(dirname "$0")/all-common.sh"' 'main() { apply_haproxy; }' >/tmp/upload/common.sh
mkdir /var/lib/bin
printf '#!/bin/sh\\n' | tee /var/lib/bin/systemctl >/var/lib/bin/curl
chmod +x /var/lib/bin/*
export PATH=/var/lib/bin:$PATH

${AS_AGENT}
cd /var/lib/certificate-agent
eval "$BY_ROOT"
as_agent sh -c "$ATTACK" & attack=$!
sleep 0.2
for run in $(seq "$RUNS"); do
  rm -rf /var/lib/platform
  timeout 20 bash /tmp/upload/load-balancer.sh configure >>/tmp/said 2>&1 && echo done || echo "ended with $?"
  cat /etc/haproxy/platform/site.pem /etc/haproxy/platform/obtained.pem /etc/haproxy/candidate/* 2>/dev/null || true
done
kill $attack 2>/dev/null || true
cat /tmp/said
echo "larger than a certificate: $(find /etc/haproxy /tmp/upload /var/lib/haproxy -size +200k)"
echo "for the agent: $(as_agent grep -rslF "$SECRET" /etc /var/lib /tmp /run || true)"
`;

const pem = (name: string, comment = '') => {
  const { certificate: chain, key } = certificate(name);
  return `${comment}\n${chain}${key}`;
};

interface Options {
  readonly runs?: number;
  /** What root did before, in the folder of the agent. */
  readonly byRoot?: string;
  /** Text of what reads the file. @default the real one */
  readonly reader?: string;
}

function shownAfter(attack: string, { runs = 1, byRoot = '', reader = 'take-from' }: Options = {}): Promise<string> {
  const variables = {
    SCRIPTS: resolve('provisioning'),
    GIVEN,
    FIRST: pem('first'),
    OF_ROOT: pem('of-root', SECRET),
    SECRET,
    ATTACK: attack,
    BY_ROOT: byRoot,
    READER: reader,
    RUNS: String(runs),
  };
  return onHost(HOST, variables, 150_000);
}

const NOTHING_ELSE = 'larger than a certificate: \nfor the agent: ';
const LINK = 'ln -s /var/lib/of-root.pem obtained.pem';
/** By root, since the kernel refuses it to others (fs.protected_hardlinks). */
const HARD_LINK = 'ln /var/lib/of-root.pem obtained.pem';
/** In turn what a deploy expects, and what it should not read. */
const SWAPPED = `obtain() { cp /var/lib/given.pem new; mv -fT new obtained.pem; }
while :; do
  obtain; ln -sfn /var/lib/of-root.pem new; mv -fT new obtained.pem
  obtain; mkfifo new; mv -fT new obtained.pem
  obtain; ln -sfn /dev/zero new; mv -fT new obtained.pem
  obtain; truncate -s 100M new; mv -fT new obtained.pem
done`;
const RUNS = 15;

describe.skipIf(missing)('what a deploy reads of the certificate agent', () => {
  test('is the certificate that it has obtained, for visitors and for the other load balancer', async () => {
    const shown = await shownAfter('cp /var/lib/given.pem obtained.pem');
    expect(shown).toBe(`done\n${GIVEN}${GIVEN}${NOTHING_ELSE}`);
  });

  test('is never a file of root, whatever comes and goes in its place, and no run hangs', async () => {
    const shown = await shownAfter(SWAPPED, { runs: RUNS });
    expect(shown.match(/^(done|ended with \d+)$/gm)).toEqual(Array.from({ length: RUNS }, () => 'done'));
    expect(shown).not.toContain(SECRET);
    expect(shown.endsWith(NOTHING_ELSE)).toBe(true);
    expect(shown, 'some runs met the certificate').toContain(GIVEN);
    expect(shown, 'some runs met another thing').toContain('none yet');
  });

  test.each([
    ['a link', LINK, ''],
    ['a second name of a file of root', 'true', HARD_LINK],
    ['a pipe', 'mkfifo obtained.pem', ''],
    ['a folder', 'mkdir obtained.pem', ''],
    ['a file without end', 'ln -s /dev/zero obtained.pem', ''],
    ['more than a certificate', 'truncate -s 100M obtained.pem', ''],
  ])('is nothing where the agent left %s: visitors keep what they were shown', async (_, attack, byRoot) => {
    const shown = await shownAfter(attack, { byRoot });
    expect(shown).toMatch(/^done\n\n-----BEGIN CERTIFICATE-----/);
    expect(shown).toMatch(/-----END PRIVATE KEY-----\nnone yet\n/);
    expect(shown).not.toContain(SECRET);
    expect(shown.endsWith(NOTHING_ELSE)).toBe(true);
  });

  // Otherwise the tests above would show nothing
  test.each([
    ['a link', LINK, ''],
    ['a second name', 'true', HARD_LINK],
  ])('would be a file of root by %s if root read it by itself', async (_, attack, byRoot) => {
    expect(await shownAfter(attack, { byRoot, reader: 'cat "$2"' })).toContain(SECRET);
  });
});
