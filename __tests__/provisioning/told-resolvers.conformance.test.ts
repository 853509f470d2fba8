import { execa } from 'execa';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const missing = process.getuid?.() !== 0;

let host: string;
beforeEach(() => {
  host = mkdtempSync(join(tmpdir(), 'told-resolvers-'));
  for (const folder of ['etc', 'run/systemd/resolve', 'upload']) mkdirSync(join(host, folder), { recursive: true });
  for (const name of ['common.sh', 'host.sh'])
    writeFileSync(join(host, 'upload', name), readFileSync(`provisioning/${name}`, 'utf8').replace(/^main "\$@"$/m, ''));
});
afterEach(() => rmSync(host, { recursive: true }));

const write = (path: string, ...servers: string[]) =>
  writeFileSync(join(host, path), servers.map((server) => `nameserver ${server}\n`).join(''));

/** With /etc and /run of that host; fails if the script would end there. */
async function told(): Promise<string[]> {
  const script =
    'mount --bind "$1/etc" /etc && mount --bind "$1/run" /run && exec bash -c \'source "$0"; told_resolvers; echo end\' "$1/upload/host.sh"';
  const { stdout } = await execa('unshare', ['--mount', 'sh', '-c', script, 'sh', host]);
  return stdout.split('\n');
}

test.skipIf(missing)('without systemd-resolved they are those of resolv.conf, each once', async () => {
  write('etc/resolv.conf', '192.0.2.53', '192.0.2.53', '2001:db8::53');
  expect(await told()).toEqual([
    'add element inet host_firewall resolvers_ipv4 { 192.0.2.53 }',
    'add element inet host_firewall resolvers_ipv6 { 2001:db8::53 }',
    'end',
  ]);
});

test.skipIf(missing)('with it they are those that it asks, and not itself', async () => {
  write('etc/resolv.conf', '127.0.0.53');
  write('run/systemd/resolve/resolv.conf', '192.0.2.53', '192.0.2.54', 'fe80::1%eth0');
  expect(await told()).toEqual([
    'add element inet host_firewall resolvers_ipv4 { 192.0.2.53 }',
    'add element inet host_firewall resolvers_ipv4 { 192.0.2.54 }',
    'end',
  ]);
});

test.skipIf(missing)('a host that was told none has none', async () => {
  expect(await told()).toEqual(['end']);
});
