import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { renderKeepalivedConfig } from '../../lib/config/keepalived';
import { AddressPlan } from '../../lib/net/address-plan';
import { hasProgram } from '../helpers/programs';

const [one, two] = new AddressPlan().hosts('lb', 2) as [ReturnType<AddressPlan['host']>, ReturnType<AddressPlan['host']>];
const config = (host = one, peer = two) =>
  renderKeepalivedConfig({ host, peers: [peer], natGateway: '10.0.1.10', haproxyHealthUrl: `http://${host.address}:8404/healthz` });

test('both start as BACKUP and neither pulls the address back', () => {
  for (const text of [config(), config(two, one)]) {
    expect(text).toMatch(/^ {2}state BACKUP\n {2}nopreempt$/m);
  }
});

test('the two differ in address, peer and priority alone', () => {
  const differing = config()
    .split('\n')
    .filter((line, index) => line !== config(two, one).split('\n')[index]);
  expect(differing.map((line) => line.trim())).toEqual([
    'router_id lb-1',
    'script "/usr/local/lib/platform/haproxy-answers http://10.0.1.11:8404/healthz"',
    'priority 150',
    'unicast_src_ip 10.0.1.11',
    '10.0.1.12',
  ]);
});

test('the holder of the floating IP outweighs the gap between the priorities, so that it wins against another MASTER', () => {
  expect(Number(/weight (\d+)$/m.exec(config().split('track_file holds_floating_ip')[1] ?? '')?.[1])).toBeGreaterThan(150 - 100);
});

/** VRRP does not run on `lo`. */
const someInterface = Object.entries(networkInterfaces()).find(([, addresses]) =>
  addresses?.some(({ internal, family }) => !internal && family === 'IPv4'),
)?.[0];

test.skipIf(!hasProgram('keepalived') || process.getuid?.() !== 0 || !someInterface)('the real keepalived accepts it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keepalived-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const included = join(folder, 'interface.conf');
  const address = networkInterfaces()[someInterface ?? '']!.find(({ family }) => family === 'IPv4')!.address;
  execFileSync('provisioning/load-balancer/keepalived-interface', {
    env: { ...process.env, PRIVATE_ADDRESS: address, INCLUDED: included },
  });
  expect(readFileSync(included, 'utf8')).toBe(`$PRIVATE_INTERFACE=${someInterface}\n`);
  // A check that is not installed here would be refused for the sake of script security
  writeFileSync(
    join(folder, 'keepalived.conf'),
    config()
      .replace('/run/keepalived-interface.conf', included)
      .replaceAll(/"\/usr\/local\/lib\/platform\/[^"]*"/g, '"/bin/true"'),
  );
  const { stderr } = spawnSync('keepalived', ['--config-test', '--use-file', join(folder, 'keepalived.conf')], {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  expect(stderr).toBe('');
});
