import { execa } from 'execa';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const missing = process.getuid?.() !== 0;
const OURS = `# Written by the platform: setting network.resolvers
nameserver 192.0.2.1
nameserver 192.0.2.2
options timeout:1 attempts:5 rotate
`;

let host: string;
beforeEach(() => {
  host = mkdtempSync(join(tmpdir(), 'resolvers-'));
  for (const folder of ['etc', 'run', 'bin', 'upload/shared']) mkdirSync(join(host, folder), { recursive: true });
  for (const name of ['common.sh', 'shared/keep-resolvers']) copyFileSync(join('provisioning', name), join(host, 'upload', name));
  // Who root is
  for (const name of ['passwd', 'group']) copyFileSync(join('/etc', name), join(host, 'etc', name));
  program('systemctl', 'exit 3');
  program('resolvconf', 'exit 1');
});
afterEach(() => rmSync(host, { recursive: true }));

/** A program of the host, which writes down how it was called. */
function program(name: string, does: string): void {
  writeFileSync(join(host, 'bin', name), `#!/bin/sh\necho ${name} "$@" >>'${host}/calls'\n${does}\n`);
  chmodSync(join(host, 'bin', name), 0o755);
}
const file = (path: string) => readFileSync(join(host, path), 'utf8');
const calls = () => (existsSync(join(host, 'calls')) ? file('calls').trim().split('\n') : []);

/** With /etc, /run and programs of that host. */
async function keep(): Promise<void> {
  const script =
    'mount --bind "$1/etc" /etc && mount --bind "$1/run" /run && PATH="$1/bin:$PATH" exec bash "$1/upload/shared/keep-resolvers" 192.0.2.1 192.0.2.2';
  await execa('unshare', ['--mount', 'sh', '-c', script, 'sh', host]);
}

test.skipIf(missing).each([
  ['is not there', () => undefined],
  ['is empty, as on a host that was told nothing', () => writeFileSync(join(host, 'etc/resolv.conf'), '')],
  ["is a link to what Debian's resolvconf writes", () => symlinkSync('/run/resolvconf/resolv.conf', join(host, 'etc/resolv.conf'))],
  [
    'is a link to systemd-resolved, which does not run',
    () => symlinkSync('../run/systemd/resolve/stub-resolv.conf', join(host, 'etc/resolv.conf')),
  ],
])('where resolv.conf %s, it becomes a file that names the resolvers, and stays as it is the second time', async (_, prepare) => {
  prepare();
  await keep();
  expect(file('etc/resolv.conf')).toBe(OURS);
  await keep();
  expect(file('etc/resolv.conf')).toBe(OURS);
  expect(existsSync(join(host, 'run/resolvconf'))).toBe(false);
});

test.skipIf(missing).each(['../run/systemd/resolve/stub-resolv.conf', '/run/systemd/resolve/resolv.conf', '/usr/lib/systemd/resolv.conf'])(
  'where systemd-resolved writes it (%s), resolved is told to ask the resolvers for all names, and restarted once',
  async (target) => {
    program('systemctl', 'exit 0');
    symlinkSync(target, join(host, 'etc/resolv.conf'));
    await keep();
    await keep();
    expect(file('etc/systemd/resolved.conf.d/90-platform.conf')).toBe('[Resolve]\nDNS=192.0.2.1 192.0.2.2\nDomains=~.\n');
    expect(calls().filter((call) => call.includes('restart'))).toEqual(['systemctl restart systemd-resolved']);
    expect(readlinkSync(join(host, 'etc/resolv.conf'))).toBe(target);
  },
);

test.skipIf(missing)('openresolv, which would write the file anew, is told as well', async () => {
  program('resolvconf', 'exit 0');
  writeFileSync(join(host, 'etc/resolvconf.conf'), 'resolv_conf=/etc/resolv.conf\n');
  await keep();
  await keep();
  expect(file('etc/resolv.conf')).toBe(OURS);
  expect(file('etc/resolvconf.conf')).toBe(
    'resolv_conf=/etc/resolv.conf\nname_servers="192.0.2.1 192.0.2.2"\nresolv_conf_options="timeout:1 attempts:5 rotate"\n',
  );
  expect(calls().filter((call) => call.startsWith('resolvconf'))).toEqual(['resolvconf -u']);
});
