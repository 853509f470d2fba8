import { App } from 'cdktf';
import { execa } from 'execa';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PlatformStack } from '../../lib/platform-stack';
import type { StatusReport } from '../../platform/status/report';
import { hasProgram } from '../helpers/programs';
import { synthesized } from '../helpers/stack';

/** Not everybody's machine should be made to serve SSH: skipped without, in CI too. */
const servesSsh = spawnSync('sh', ['-c', 'PATH=$PATH:/usr/sbin command -v sshd']).status === 0;
const missing =
  !servesSsh || process.getuid?.() !== 0 || !['ssh', 'ssh-agent', 'ssh-keygen', 'unshare', 'ip'].every((name) => hasProgram(name));

/** Addresses in a network of the test's own. Nobody answers at lb-2 and web-2: packets to them are lost. */
const HOSTS = {
  'lb-1': { tier: 'lb', private_address: '10.0.1.11', public_address: '203.0.113.11' },
  'lb-2': { tier: 'lb', private_address: '10.0.1.12', public_address: '203.0.113.12' },
  'web-1': { tier: 'web', private_address: '10.0.2.11' },
  'web-2': { tier: 'web', private_address: '10.0.2.12' },
  'db-1': { tier: 'mysql', private_address: '10.0.4.11' },
} as const;
type Name = keyof typeof HOSTS;
const ANSWERING: readonly Name[] = ['lb-1', 'web-1', 'db-1'];
function addressOf(name: Name): string {
  const host: { private_address: string; public_address?: string } = HOSTS[name];
  return host.public_address ?? host.private_address;
}

let folder: string;
beforeAll(() => {
  if (missing) return;
  folder = mkdtempSync(join(tmpdir(), 'hosts-'));
  for (const name of ['login', 'stranger', ...ANSWERING])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(folder, name)]);
  const shop = { domain: 'www.example.com', application: { entryPoint: 'app/server.ts', publicFolder: 'app/public' } };
  mkdirSync(join(folder, 'cdktf.out/stacks/shop'), { recursive: true });
  writeFileSync(join(folder, 'cdktf.json'), '{"app":"false"}');
  write('cdktf.out/manifest.json', { stacks: { shop: { synthesizedStackPath: 'stacks/shop/cdk.tf.json' } } });
  write('cdktf.out/stacks/shop/cdk.tf.json', {
    ...(synthesized(new PlatformStack(new App(), 'shop', shop)) as object),
    terraform: { backend: { local: { path: '../../../terraform.shop.tfstate' } } },
  });
  deployed();
  for (const name of ANSWERING) fakes(name);
});
afterAll(() => folder && rmSync(folder, { recursive: true }));

const write = (path: string, content: object) => writeFileSync(join(folder, path), JSON.stringify(content));

/** @param keyOf whose key the output known_hosts has for a host */
function deployed(keyOf: (name: Name) => string = (name) => name): void {
  const knownHosts = ANSWERING.map((name) => `${addressOf(name)} ${readFileSync(join(folder, `${keyOf(name)}.pub`), 'utf8').trim()}\n`);
  const outputs = { url: 'https://www.example.com/', floating_ip: '203.0.113.100', servers: HOSTS, known_hosts: knownHosts.join('') };
  write('terraform.shop.tfstate', {
    version: 4,
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value }])),
    resources: [],
  });
}

/** What a host of the platform has: the programs that the command calls there. */
function fakes(name: Name): void {
  const bin = join(folder, 'bin', name);
  mkdirSync(bin, { recursive: true });
  const status =
    name === 'lb-1'
      ? { vrrp: 'MASTER', floatingIp: { holder: 'lb-1' } }
      : { state: 'ONLINE', role: 'PRIMARY', primary: { ok: true }, members: [{ state: 'ONLINE' }], warnings: [] };
  const programs = {
    hostname: `echo ${name}`,
    systemctl: 'shift; for unit in "$@"; do echo active; done',
    curl: `case "$*" in */certificate) echo '{"endsAt":"2099-01-02T03:04:05.000Z"}' ;; *) echo '${JSON.stringify(status)}' ;; esac`,
    journalctl: `echo "2026-11-29T00:00:0${ANSWERING.indexOf(name)}.000000+0000 ${name} $*"`,
    'platform-switchover': 'echo "lb-2 does not answer; nothing was changed"; exit 22',
    'platform-drift': name === 'web-1' ? `printf 'nginx.service\\tis inactive\\tsystemctl start nginx.service\\n'; exit 2` : 'exit 0',
    'platform-mysql': 'echo "{\\"primary\\":\\"db-2\\"}"',
  };
  for (const [program, line] of Object.entries(programs)) {
    writeFileSync(join(bin, program), `#!/bin/sh\n${line}\n`);
    chmodSync(join(bin, program), 0o755);
  }
}

const LEFT = 'LEFT';

/** Runs the command where real sshds serve the hosts that answer. They end with their namespace, which must be empty of others by then. */
async function platform(
  argv: readonly string[],
  { key = 'login', env = {} }: { key?: string | null; env?: Readonly<Record<string, string>> } = {},
): Promise<{ exitCode?: number; stdout: string; stderr: string; seconds: number }> {
  const sshd = (name: Name) =>
    [
      `"$(command -v sshd)" -f /dev/null -h ${join(folder, name)} -o ListenAddress=${addressOf(name)} -o PidFile=none`,
      `-o AuthorizedKeysFile=${join(folder, 'login.pub')} -o StrictModes=no -o UsePAM=no -o MaxStartups=3`,
      `-o SetEnv=PATH=${join(folder, 'bin', name)}:/usr/bin:/bin`,
    ].join(' ');
  const script = [
    'set -e',
    'mount -t tmpfs run /run',
    'mkdir -p /run/sshd',
    'ip link set lo up',
    'ip link add lost type veth peer name hole && ip link set lost up && ip link set hole up',
    'ip addr add 192.0.2.1/32 dev lost && ip route add default dev lost',
    ...(['lb-2', 'web-2'] as const).map((name) => `ip neigh add ${addressOf(name)} lladdr 02:00:00:00:00:01 dev lost`),
    ...ANSWERING.flatMap((name) => [`ip addr add ${addressOf(name)}/32 dev lo`, sshd(name)]),
    `cd ${folder}`,
    'code=0; "$@" || code=$?',
    `for _ in $(seq 50); do pgrep -x 'ssh|ssh-agent' >/dev/null || break; sleep 0.1; done`,
    `pgrep -x -a 'ssh|ssh-agent' | sed 's/^/${LEFT} /' >&2 || true`,
    `ls -d ${folder}/tmp/platform-* ${folder}/tmp/owned 2>/dev/null | sed 's/^/${LEFT} /' >&2 || true`,
    'exit $code',
  ];
  mkdirSync(join(folder, 'tmp'), { recursive: true });
  const begin = performance.now();
  const { exitCode, stdout, stderr } = await execa(
    'unshare',
    [
      ...['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'bash', '-c', script.join('\n'), 'bash'],
      ...[process.execPath, resolve('platform/cli/platform.mjs'), ...argv],
    ],
    {
      reject: false,
      env: {
        PATH: `${process.env['PATH']}:/usr/sbin:/sbin`,
        HOME: folder,
        TMPDIR: join(folder, 'tmp'),
        ...(key !== null && { TF_VAR_ssh_private_key: readFileSync(join(folder, key), 'utf8') }),
        ...env,
      },
      extendEnv: false,
    },
  );
  expect(stderr).not.toContain(LEFT);
  return { exitCode, stdout, stderr, seconds: (performance.now() - begin) / 1000 };
}

describe.skipIf(missing)('with real sshds', () => {
  test('status asks all hosts at once, and has a row for those that do not answer', async () => {
    const { exitCode, stdout, stderr, seconds } = await platform(['status', '--json', '--timeout', '5']);
    const { hosts, problems, floatingIpHolder, certificateEndsAt } = JSON.parse(stdout || stderr) as StatusReport;
    expect(hosts.map(({ name, role, noAnswer }) => [name, role, noAnswer])).toEqual([
      ['lb-1', 'MASTER', null],
      ['lb-2', null, expect.stringMatching(/no answer within 5 s|Connection timed out/)],
      ['web-1', null, null],
      ['web-2', null, expect.stringMatching(/over lb-1( and lb-2$|: )/)],
      ['db-1', 'PRIMARY', null],
    ]);
    expect(problems.map((line) => line.split(':')[0])).toEqual(['lb-2 does not answer', 'web-2 does not answer']);
    expect({ floatingIpHolder, certificateEndsAt, exitCode }).toEqual({
      floatingIpHolder: 'lb-1',
      certificateEndsAt: '2099-01-02T03:04:05.000Z',
      exitCode: 1,
    });
    // 5 s for the hosts; the rest is to start everything on a busy machine
    expect(seconds).toBeLessThan(20);
  });

  test('drift has a row for what a host tells and for those that do not answer, and ends as a plan of Terraform does', async () => {
    const { exitCode, stdout } = await platform(['drift', '--no-plan']);
    expect(stdout).toMatch(/^web-1 +nginx\.service is inactive +npx platform ssh -e shop web-1 systemctl start nginx\.service$/m);
    expect(stdout).toMatch(/^web-2 +does not answer: .* {2}if it is off: hcloud server poweron web-2$/m);
    expect(exitCode).toBe(2);
    expect(await platform(['drift', '--no-plan', 'db-1'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Nothing differs.') as string,
    });
  });

  test('drift that could not ask ends with 1, so that no timer takes it for a difference', async () => {
    expect(await platform(['drift', 'web'], { env: { TF_VAR_hcloud_endpoint: 'https://127.0.0.1:1/v1' } })).toMatchObject({ exitCode: 2 });
    expect(await platform(['drift', 'db-1'])).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/^not asked: a plan of shop: set .*TF_VAR_hcloud_token.*; --no-plan does without it$/m) as string,
    });
    for (const wrong of [['nowhere'], ['--never'], ['-e', 'none']])
      expect((await platform(['drift', ...wrong])).exitCode, wrong.join(' ')).toBe(1);
  });

  test('a command runs on a private host, and its words and exit code pass unchanged', async () => {
    expect(await platform(['ssh', 'web-1', 'hostname'])).toMatchObject({ exitCode: 0, stdout: 'web-1' });
    const hostile = `a b'c"$(touch ${folder}/tmp/owned);\`id\`*\\n`;
    expect((await platform(['ssh', 'web-1', 'printf', '%s|', hostile, '--', '-x'])).stdout).toBe(`${hostile}|--|-x|`);
    expect(await platform(['ssh', 'web-1', 'echo $((6 * 7)); exit 41'])).toMatchObject({ exitCode: 41, stdout: '42' });
  });

  test('a host that is off ends ssh with 255 and a sentence', async () => {
    expect(await platform(['ssh', '--timeout', '2', 'web-2', 'true'])).toMatchObject({
      exitCode: 255,
      stderr: expect.stringMatching(/^platform: web-2 does not answer: .*over lb-1( and lb-2$|: )/),
    });
  });

  test('another key than the one that the output known_hosts names is refused', async () => {
    deployed((name) => (name === 'web-1' ? 'stranger' : name));
    try {
      expect(await platform(['ssh', 'web-1', 'true'])).toMatchObject({
        exitCode: 255,
        stderr: expect.stringContaining('Host key verification failed'),
      });
    } finally {
      deployed();
    }
  });

  test('a key that no host knows is refused, and one in a file is used', async () => {
    expect(await platform(['ssh', 'lb-1', 'true'], { key: 'stranger' })).toMatchObject({
      exitCode: 255,
      stderr: expect.stringContaining('Permission denied (publickey'),
    });
    expect(await platform(['ssh', '--identity', 'login', 'web-1', 'hostname'], { key: null })).toMatchObject({
      exitCode: 0,
      stdout: 'web-1',
    });
  });

  test('logs of a host go through journalctl with each value in a word of its own', async () => {
    const { exitCode, stdout } = await platform(['logs', 'web-1', '--unit', 'nginx', '--unit', 'ssh', '--since', '10 min ago']);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout:
        '2026-11-29T00:00:01.000000+0000 web-1 --no-pager --quiet --utc --output=short-iso-precise --unit=nginx --unit=ssh --since=10 min ago',
    });
  });

  test('logs of a tier show the hosts that answer, and say which did not', async () => {
    const { exitCode, stdout, stderr } = await platform(['logs', 'web', '--timeout', '2']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: expect.stringMatching(/^\S+ web-1 --no-pager.* --lines=200$/) });
    expect(stderr).toMatch(/^platform: web-2 does not answer: /);
  });

  test('switchover runs the script of the host that has the role, and tells what it says', async () => {
    expect(await platform(['switchover', 'lb', '--timeout', '2'])).toMatchObject({
      exitCode: 1,
      stderr: 'platform: lb-1 keeps its role: lb-2 does not answer; nothing was changed',
    });
    expect(await platform(['switchover', 'mysql'])).toMatchObject({ exitCode: 0, stdout: 'db-2 is PRIMARY, db-1 was before' });
  });
});

describe.skipIf(missing)('what cannot be asked for gets one sentence and exit code 2', () => {
  test.each<[string, readonly string[], RegExp]>([
    ['an unknown host', ['ssh', 'web-9'], /^platform: there is no host "web-9"; there are: lb-1, lb-2, web-1, web-2, db-1$/],
    ['a host of a hostile name', ['ssh', '$(id)'], /^platform: there is no host "\$\(id\)"; there are: lb-1/],
    ['an unknown tier', ['logs', 'redis'], /^platform: there is no host and no tier "redis"; hosts: lb-1.*; tiers: lb, web, app, mysql$/],
    ['a tier without roles', ['switchover', 'web'], /Allowed choices are lb, mysql/],
    ['a target of another tier', ['switchover', 'mysql', '--to', 'web-1'], /^platform: --to "web-1" is no host of mysql; there are: db-1$/],
    ['a hostile unit', ['logs', 'web', '--unit', 'x;reboot'], /want the name of a systemd unit/],
    ['a time that is none', ['logs', 'web', '--since', '$(id)'], /want a time such as/],
    ['a timeout of nothing', ['status', '--timeout', '0'], /want a number of seconds from 1 to 600/],
    ['an unknown verb', ['sttaus'], /unknown command 'sttaus'\n\(Did you mean status\?\)/],
  ])('%s', async (_, argv, says) => {
    const { exitCode, stderr } = await platform(argv);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(says) });
  });

  test('a key with a passphrase, and text that is no key', async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', join(folder, 'locked')]);
    expect(await platform(['status'], { key: 'locked' })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('has a passphrase'),
    });
    expect(await platform(['status'], { key: 'login.pub' })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('is no private key'),
    });
  });
});
