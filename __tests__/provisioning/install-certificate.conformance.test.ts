import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { obtained } from '../agents/certificate/certificates';
import { hasProgram } from '../helpers/programs';
import { AGENT, AGENT_ACCOUNT, AS_AGENT, onHost } from './certificate-agent-host';

const missing = process.getuid?.() !== 0 || !['haproxy', 'unshare', 'setpriv', 'openssl'].every((name) => hasProgram(name));
const TOKEN = 'the failover token';

/**
 * A load balancer in a mount namespace of its own, with the real script and HAProxy, and an agent whose user has been taken over.
 * $ATTACK runs as that user beside the script, which is run $RUNS times; what HAProxy would show goes to the output.
 */
const HOST = `
set -eu
mount --make-rprivate /
passwd=$(cat /etc/passwd; echo '${AGENT_ACCOUNT}')
mount -t tmpfs tmpfs /var/lib
mkdir -p /var/lib/platform/applied /var/lib/haproxy
install -d -m 0700 -o ${AGENT} -g ${AGENT} /var/lib/certificate-agent
printf '%s\\n' "$passwd" >/var/lib/passwd
mount --bind /var/lib/passwd /etc/passwd
mkdir -p /etc/haproxy
mount -t tmpfs tmpfs /etc/haproxy
mkdir -m 0700 /etc/haproxy/platform
(umask 077; printf '%s' "$TOKEN" >/etc/haproxy/hcloud-token; printf 'none yet\\n' >/etc/haproxy/platform/obtained.pem)
printf '%s' "$HAPROXY_CONFIG" >/etc/haproxy/haproxy.cfg
mkdir -p /usr/local/lib /usr/local/sbin
mount -t tmpfs tmpfs /usr/local/lib
mkdir /usr/local/lib/platform
[ ! -f "$SCRIPTS/take-from" ] || install -m 0755 "$SCRIPTS/take-from" /usr/local/lib/platform/take-from
mkdir /var/lib/bin
printf '#!/bin/sh\\n' >/var/lib/bin/systemctl
chmod +x /var/lib/bin/systemctl
export PATH=/var/lib/bin:$PATH
${AS_AGENT}
cp "$CERTIFICATE" /var/lib/given.pem
chmod 0644 /var/lib/given.pem
cd /var/lib/certificate-agent
as_agent sh -c "$ATTACK" & attack=$!
sleep 0.2
for run in $(seq "$RUNS"); do
  rm -f /var/lib/platform/applied/obtained-certificate
  "$SCRIPTS/install-certificate" >/dev/null 2>&1 || echo failed
  cat /etc/haproxy/platform/*.pem
done
kill $attack 2>/dev/null || true
ls -A /etc/haproxy
`;

/** Now the certificate, now a link to what root alone can read. */
const SWAPPED = `while :; do
  cp /var/lib/given.pem new; mv -fT new obtained.pem
  ln -sfn /etc/haproxy/hcloud-token new; mv -fT new obtained.pem
done`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'install-certificate-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function shownAfter(attack: string, runs = 1): Promise<string> {
  const given = join(folder, 'given.pem');
  writeFileSync(given, obtained().text);
  const variables = {
    SCRIPTS: resolve('provisioning/load-balancer'),
    CERTIFICATE: given,
    TOKEN,
    ATTACK: attack,
    RUNS: String(runs),
  };
  return onHost(HOST, variables, 120_000);
}

describe.skipIf(missing)('what root takes from the certificate agent', () => {
  test('is what it has obtained', async () => {
    const shown = await shownAfter('cp /var/lib/given.pem obtained.pem');
    expect(shown.match(/BEGIN CERTIFICATE/g), 'as the certificate of the site, and for the other load balancer').toHaveLength(2);
    expect(shown).not.toContain('candidate-certificate');
  });

  test('is never a file of root, however fast a link to one comes and goes', async () => {
    const shown = await shownAfter(SWAPPED, 30);
    expect(shown).not.toContain(TOKEN);
    expect(shown).toContain('BEGIN CERTIFICATE');
  });

  test.each([
    ['a link', 'ln -s /etc/haproxy/hcloud-token obtained.pem', 'failed\n'],
    ['more than a certificate', 'head -c 100000 /dev/zero | tr "\\0" "#" >obtained.pem', 'failed\n'],
    ['a pipe', 'mkfifo obtained.pem', 'failed\n'],
    ['nothing', 'true', ''],
  ])('is nothing at all where it left %s, and the unit fails if that is not nothing', async (_, attack, failed) => {
    expect(await shownAfter(attack)).toBe(`${failed}none yet\nhaproxy.cfg\nhcloud-token\nplatform`);
  });
});
