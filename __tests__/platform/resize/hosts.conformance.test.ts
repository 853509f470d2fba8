import { execa } from 'execa';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeWay, wellnessOf, type TierHosts } from '../../../platform/resize/hosts';
import { host } from './fake-tiers';

/** What hosts are asked is run here by a shell, with programs that do what a test wants. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resize-hosts-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (name: string) => join(folder, name);
const wasCalled = (name: string) => existsSync(file(`${name}.called`));
function program(name: string, script: string): void {
  writeFileSync(file(name), `#!/bin/sh\ntouch "${file(name)}.called"\n${script}\n`);
  chmodSync(file(name), 0o755);
}

function tierOf(name: string): TierHosts {
  const run = async (_: unknown, line: string) => {
    const {
      exitCode = 1,
      stdout,
      stderr,
    } = await execa('sh', ['-c', line], { env: { PATH: `${folder}:${process.env['PATH']}` }, reject: false });
    return { exitCode, stdout, stderr };
  };
  const status: Parameters<Parameters<TierHosts['ask']>[0]>[0]['status'] = (asked) =>
    Promise.resolve({ ...asked, noAnswer: null, role: null, units: {} });
  return { hosts: [host(name)], user: 'root', ask: (question) => question({ run, status }) };
}

function metrics(text: string): void {
  writeFileSync(file('metrics'), text);
}
const HOLDS = 'floating_ip_agent_vrrp_master 1\nfloating_ip_agent_holds_floating_ip 1\nfloating_ip_agent_holds_nat_gateway 1\n';
const FREE = HOLDS.replaceAll(' 1', ' 0');

test('a load balancer without an address makes way without a switchover', async () => {
  metrics(FREE);
  program('curl', `cat ${file('metrics')}`);
  program('platform-switchover', 'exit 1');
  expect(await makeWay(tierOf('lb-2'), host('lb-2'))).toBeNull();
  expect(wasCalled('platform-switchover')).toBe(false);
});

test('a load balancer has made way when the NAT gateway has followed the floating IP', async () => {
  metrics(HOLDS);
  program('curl', `cat ${file('metrics')}`);
  program(
    'platform-switchover',
    `printf '${HOLDS.replace('master 1', 'master 0').replace('floating_ip 1', 'floating_ip 0')}' >${file('metrics')}`,
  );
  // Instead of the pause: the last address moves meanwhile
  program('sleep', `printf '${FREE}' >${file('metrics')}`);
  expect(await makeWay(tierOf('lb-1'), host('lb-1'))).toBeNull();
  expect(wasCalled('sleep')).toBe(true);
});

test('a load balancer whose agent does not answer hands over, and stays where it cannot', async () => {
  program('curl', 'exit 7');
  program('platform-switchover', 'echo "the other one is not ready" >&2; exit 1');
  expect(await makeWay(tierOf('lb-1'), host('lb-1'))).toBe('the other one is not ready');
});

test('a host is well when all that others need of it answers', async () => {
  program('curl', `for url; do :; done; echo "$url" >>${file('asked')}`);
  expect(await wellnessOf(tierOf('lb-1'))).toEqual([{ name: 'lb-1', role: null, problem: null }]);
  expect(readFileSync(file('asked'), 'utf8')).toBe('http://10.0.0.1:8404/healthz\nhttp://10.0.0.1:9101/ready\n');
});

test('a host that does not do its part for others says which answer is missing', async () => {
  program('curl', 'exit 22');
  expect((await wellnessOf(tierOf('app-1')))[0]?.problem).toBe('http://10.0.0.1:3000/readyz does not say that it is well');
});
