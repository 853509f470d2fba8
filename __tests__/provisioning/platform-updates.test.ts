import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listening } from '../helpers/ports';

/** A host of its own folders, whose programs write down what they were asked. */
let host: string;
let peers: Server[];
beforeEach(() => {
  host = mkdtempSync(join(tmpdir(), 'platform-updates-'));
  peers = [];
  for (const folder of ['bin', 'run', 'proc/1']) mkdirSync(join(host, folder), { recursive: true });
  const text = readFileSync('provisioning/shared/platform-updates', 'utf8')
    .replace('/etc/platform/security-updates.env', join(host, 'env'))
    .replace('/run/security-updates/turn', join(host, 'run/turn'))
    .replace('/run/security-updates-reboot', join(host, 'run/reboot'))
    .replace('/var/lib/platform/last-security-updates', join(host, 'last'))
    .replace('/run/reboot-required', join(host, 'reboot-required'))
    .replace('/proc/[0-9]*/maps', join(host, 'proc/[0-9]*/maps'));
  writeFileSync(join(host, 'platform-updates'), text, { mode: 0o755 });
  for (const name of ['apt-get', 'curl', 'systemctl', 'platform-mysql', 'platform-switchover']) program(name);
  program('unattended-upgrade', '[[ $1 != --dry-run ]] || echo "Packages that will be upgraded: $(cat "$HOST/waiting" 2>/dev/null)"');
});
afterEach(() => {
  for (const peer of peers) peer.close();
  rmSync(host, { recursive: true });
});

function program(name: string, ...lines: string[]): void {
  const path = join(host, 'bin', name);
  writeFileSync(path, ['#!/usr/bin/env bash', `printf '%s\\n' "${name} $*" >>"$HOST/asked"`, ...lines, ''].join('\n'));
  chmodSync(path, 0o755);
}

/** @param answer undefined: it takes the connection and says nothing */
async function peer(answer?: string): Promise<string> {
  const server = createServer((socket) => socket.end(answer ?? ''));
  peers.push(server);
  const port = await listening(server);
  return `peer-${peers.length}:127.0.0.1:${port}`;
}

async function run(tier: string, others: readonly string[] = [], verb = 'run') {
  writeFileSync(
    join(host, 'env'),
    `TIER=${tier}\nPEERS="${others.join(' ')}"\nHEALTH_URLS="http://host/health"\nADDRESSES_URL=http://host/metrics\n`,
  );
  const child = spawn('bash', [join(host, 'platform-updates'), verb], {
    env: { PATH: `${join(host, 'bin')}:${process.env['PATH']}`, HOST: host, PATIENCE_SECONDS: '0' },
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  const status = await new Promise((resolve) => child.on('close', resolve));
  return { status, output };
}

/** What changes something, in its order. */
const done = () =>
  readFileSync(join(host, 'asked'), 'utf8')
    .split('\n')
    .filter((line) => /^(systemctl (stop|start|reboot)|platform-|unattended-upgrade --verbose)/.test(line));
const rebootIsDue = () => writeFileSync(join(host, 'reboot-required'), '');

test('where nothing waits, nothing is done and nobody is asked', async () => {
  expect(await run('web', ['peer-1:127.0.0.1:1'])).toEqual({ status: 0, output: 'nothing to do\n' });
  expect(done()).toEqual([]);
});

describe('a reboot that is due', () => {
  test.each([
    ['web', ['systemctl stop nginx', 'systemctl reboot']],
    ['app', ['systemctl stop app', 'systemctl reboot']],
    ['mysql', ['platform-mysql make-way 120', 'systemctl reboot']],
  ])('of a host of %s comes after it has made way, if all others agree', async (tier, steps) => {
    rebootIsDue();
    expect(await run(tier, [await peer('yes\n'), await peer('yes\n')])).toMatchObject({ status: 0 });
    expect(done()).toEqual(steps);
    expect(readFileSync(join(host, 'last'), 'utf8')).toMatch(/^\S+Z made way, and reboots\n$/);
  });

  test.each([['no\n'], [undefined]])('waits for another night where another host answers %j', async (answer) => {
    rebootIsDue();
    const { status, output } = await run('web', [await peer('yes\n'), await peer(answer)]);
    expect(status).toBe(1);
    expect(output).toBe('not this time: peer-2 does not agree\n');
    expect(done()).toEqual([]);
  });

  test('waits where another host is down, or this one is not well', async () => {
    rebootIsDue();
    program('curl', 'exit 22');
    expect((await run('web', ['peer-1:127.0.0.1:1'])).output).toBe('not this time: this host is not well; peer-1 does not agree\n');
    expect(done()).toEqual([]);
  });

  test('does not come where the member cannot make way', async () => {
    rebootIsDue();
    program('platform-mysql', 'exit 1');
    expect((await run('mysql', [await peer('yes\n')])).status).toBe(1);
    expect(done()).toEqual(['platform-mysql make-way 120']);
  });

  test('that systemd refuses leaves a host that serves', async () => {
    rebootIsDue();
    program('systemctl', '[[ $1 != reboot ]]');
    expect((await run('web', [await peer('yes\n')])).status).toBe(1);
    expect(done()).toEqual(['systemctl stop nginx', 'systemctl reboot', 'systemctl start nginx']);
    rmSync(join(host, 'run/turn'));
    expect((await run('web', [], 'answer')).output).toBe('yes\n');
  });

  test('of the load balancer that has the addresses comes when the other one has them', async () => {
    rebootIsDue();
    program(
      'curl',
      '[[ ${!#} != *metrics ]] || echo "floating_ip_agent_holds_floating_ip $([[ -e $HOST/handed-over ]]; echo $((! $?)) | tr 01 10)"',
    );
    program('platform-switchover', 'touch "$HOST/handed-over"');
    expect((await run('lb', [await peer('yes\n')])).status).toBe(0);
    expect(done()).toEqual(['platform-switchover ', 'systemctl reboot']);
  });

  test('of the load balancer without the addresses moves nothing', async () => {
    rebootIsDue();
    program('curl', '[[ ${!#} != *metrics ]] || echo "floating_ip_agent_holds_floating_ip 0"');
    await run('lb', [await peer('yes\n')]);
    expect(done()).toEqual(['systemctl reboot']);
  });

  test('is due, too, where a program runs from a file that an update has replaced', async () => {
    writeFileSync(join(host, 'proc/1/maps'), '7f00-7f01 r-xp 0 08:01 42   /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)\n');
    expect((await run('app', [await peer('yes\n')])).status).toBe(0);
    expect(done()).toEqual(['systemctl stop app', 'systemctl reboot']);
  });

  test('is not due because a service maps a file of a name that looks like one', async () => {
    writeFileSync(join(host, 'proc/1/maps'), '7f00-7f01 r--p 0 08:01 42   /tmp/x /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)\n');
    expect(await run('app', [await peer('yes\n')])).toEqual({ status: 0, output: 'nothing to do\n' });
  });

  test('waits for a host that does not end its answer, and takes no more of it than a word', async () => {
    rebootIsDue();
    let sent = 0;
    const block = Buffer.alloc(64 * 1024, 'x');
    const talker = createServer((socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write(block)) sent += block.length;
      };
      socket.on('error', () => undefined).on('drain', more);
      more();
    });
    peers.push(talker);
    const { status, output } = await run('web', [`peer-1:127.0.0.1:${await listening(talker)}`]);
    expect([status, output]).toEqual([1, 'not this time: peer-1 does not agree\n']);
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });
});

describe('updates that wait', () => {
  beforeEach(() => writeFileSync(join(host, 'waiting'), 'libssl3t64'));

  test('are installed, and a reboot that nothing needs does not come', async () => {
    expect((await run('web', [await peer('yes\n')])).output).toContain('installed updates; no reboot is due\n');
    expect(done()).toEqual(['unattended-upgrade --verbose']);
  });

  test('are not installed while another host has its turn', async () => {
    expect((await run('web', [await peer()])).status).toBe(1);
    expect(done()).toEqual([]);
  });

  test('leave alone a load balancer whose addresses nobody takes', async () => {
    program('curl', '[[ ${!#} != *metrics ]] || echo "floating_ip_agent_vrrp_master 1"');
    program('platform-switchover', 'exit 22');
    expect((await run('lb', [await peer('yes\n')])).output).toContain('not installed: the other load balancer does not take over\n');
    expect(done()).toEqual(['platform-switchover ']);
  });

  test('that leave the host unwell do not end in a reboot', async () => {
    rebootIsDue();
    program('unattended-upgrade', 'if [[ $1 == --dry-run ]]; then echo "Packages that will be upgraded: a"; else exit 1; fi');
    expect((await run('web', [await peer('yes\n')])).status).toBe(1);
    expect(done()).toEqual(['unattended-upgrade --verbose']);
  });
});

describe('asked by another host, it says', () => {
  test('yes where it is well and stays', async () => {
    expect(await run('web', [], 'answer')).toEqual({ status: 0, output: 'yes\n' });
  });

  test.each(['run/turn', 'run/reboot'])('nothing while %s is there', async (path) => {
    writeFileSync(join(host, path), '');
    expect((await run('web', [], 'answer')).output).toBe('');
  });

  test('nothing where it is not well', async () => {
    program('curl', 'exit 22');
    expect((await run('web', [], 'answer')).output).toBe('');
  });
});
