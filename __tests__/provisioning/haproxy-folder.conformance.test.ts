import { execa } from 'execa';
import { expect, test } from 'vitest';
import { hasProgram } from '../helpers/programs';

const missing = process.getuid?.() !== 0 || !['unshare', 'setpriv', 'systemd-tmpfiles'].every((name) => hasProgram(name));

/** A /run with HAProxy's folder as Debian makes it and root's socket in there; who has taken over HAProxy's user puts one of his own in its place. */
const ATTACK = `
set -eu
mount -t tmpfs run /run
install -d -m 2775 -o 4321 -g 4321 /run/haproxy
echo "of root" >/run/haproxy/admin.sock
[ -z "$CONFIG" ] || systemd-tmpfiles --create "$PWD/$CONFIG"
setpriv --reuid=4321 --regid=4321 --clear-groups sh -c 'rm -f /run/haproxy/admin.sock && echo "of another" >/run/haproxy/admin.sock' 2>/dev/null || true
cat /run/haproxy/admin.sock`;

test.skipIf(missing)(
  "nobody but root can replace the socket by which HAProxy hands its listening sockets on, as in Debian's folder",
  async () => {
    const readBack = async (config: string) =>
      (await execa('unshare', ['--mount', 'bash', '-c', ATTACK], { env: { CONFIG: config } })).stdout;
    expect(await readBack('provisioning/load-balancer/haproxy-tmpfiles.conf')).toBe('of root');
    expect(await readBack(''), "in Debian's folder").toBe('of another');
  },
);
