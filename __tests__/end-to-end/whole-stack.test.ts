import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { openLab, type Lab, type Tier } from '../../lab/lab';
import { query } from '../../lab/scenarios/database';
import { topologyOf } from '../../lab/scenarios/topology';
import type { Examination } from '../../platform/doctor/examine';
import type { DriftReport } from '../../platform/drift/report';
import type { StatusReport } from '../../platform/status/report';
import { attempt, createRandom, servedBy, startTraffic, visit, type Ask } from '../../lab/traffic';
import { canaries, madeKeys, placesWithCanaries, ticketKeys } from './canaries';
import { expectEmptyPlan } from './expect-empty-plan';

/** Runs inside the client namespace of a lab to which the stack has been deployed: see run.sh. */
let lab: Lab;

beforeAll(async () => {
  lab = await openLab();
});

const namesOf = (tier: Tier) => topologyOf(lab).names(tier);
const unique = (values: readonly (string | undefined)[]) => [...new Set(values)].sort();

function note(key: string): Ask {
  return { method: 'POST', path: '/api/notes', headers: { 'idempotency-key': key }, body: JSON.stringify({ text: `note ${key}` }) };
}

describe('through the floating IP', () => {
  test('300 mixed requests are all answered, by all web and all app servers', async () => {
    const random = createRandom('mixed requests');
    const asks = Array.from({ length: 300 }, (_, n): Ask =>
      random.next() < 0.3
        ? note(`mixed-${n}`)
        : { method: 'GET', path: random.pick(['/', '/api/whoami', '/api/notes', '/api/download?bytes=100000']) },
    );
    const served: ReturnType<typeof servedBy>[] = [];
    for (let n = 0; n < asks.length; n += 10) {
      for (const [i, result] of (await Promise.all(asks.slice(n, n + 10).map((ask) => attempt(lab.target, ask)))).entries()) {
        expect(result.error?.message ?? result.answer!.status, `${asks[n + i]!.method} ${asks[n + i]!.path}`).toBeOneOf([200, 201]);
        served.push(servedBy(result.answer!));
      }
    }
    expect(unique(served.map((by) => by?.web)).filter(Boolean)).toEqual(await namesOf('web'));
    expect(unique(served.map((by) => by?.app)).filter(Boolean)).toEqual(await namesOf('app'));
  });

  test('plain http is redirected to https', async () => {
    const { stdout } = await execa('curl', [
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code} %{redirect_url}',
      '-H',
      `Host: ${lab.domain}`,
      `http://${lab.floatingIp}/a?b=c`,
    ]);
    expect(stdout).toBe(`301 https://${lab.domain}/a?b=c`);
  });

  test('a written note is read back from each member of the group', async () => {
    const { answer } = await attempt(lab.target, note('on-each-member'));
    expect(answer?.status).toBeOneOf([200, 201]);
    for (const member of await namesOf('mysql')) {
      await expect
        .poll(() => query(lab, member, "SELECT text FROM app.notes WHERE text = 'note on-each-member'"), { timeout: 10_000 })
        .toBe('note on-each-member');
    }
  });
});

test('a second plan of the whole stack is empty', () => expectEmptyPlan(lab));

test('npx platform doctor has no warnings for a healthy platform', async () => {
  const { exitCode, stdout } = await execa('npx', ['platform', 'doctor', 'lab', '--json'], { reject: false });
  const { findings } = JSON.parse(stdout) as Examination;
  expect(findings.filter(({ level }) => level !== 'fine')).toEqual([]);
  expect(findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining(['programs', 'variables', 'tokens', 'rate limit', 'server types', 'names', 'DNS', 'certificate']),
  );
  expect(exitCode).toBe(0);
});

/** Long enough for a machine that is busy otherwise. */
const PATIENT = ['--timeout', '30'];
/** What `npx platform` starts, without the two seconds that npx needs to find it. */
const platform = (verb: string, ...args: string[]) =>
  execa(process.execPath, ['platform/cli/platform.mjs', verb, ...PATIENT, ...args], { reject: false });
const ask = async (): Promise<StatusReport> => JSON.parse((await platform('status', '--json')).stdout) as StatusReport;
const holding = async (role: string) => (await ask()).hosts.find((host) => host.role === role)?.name ?? '';

/** keepalived gives the MASTER the address of the NAT gateway. */
async function isMaster(host: string): Promise<boolean> {
  const { stdout } = await lab.exec(host, ['ip', '-json', 'address', 'show']);
  return stdout.includes('10.0.1.10"');
}

describe('npx platform', () => {
  test('status agrees with keepalived, the API and the group, as a table and as JSON', async () => {
    const report = await ask();
    expect({ problems: report.problems, verdict: report.verdict }).toEqual({ problems: [], verdict: 'fine' });
    expect(report.hosts.map(({ name }) => name)).toEqual((await lab.machines()).map(({ name }) => name));
    expect(report.floatingIpHolder).toBe((await lab.addressHolders()).floatingIp);
    for (const { name, role } of report.hosts.filter(({ tier }) => tier === 'lb')) {
      expect(role, name).toBe((await isMaster(name)) ? 'MASTER' : 'BACKUP');
    }
    const group = 'SELECT MEMBER_ROLE FROM performance_schema.replication_group_members WHERE MEMBER_ID = @@server_uuid';
    for (const { name, role } of report.hosts.filter(({ tier }) => tier === 'mysql')) {
      expect(role, name).toBe(await query(lab, name, group));
    }
    const { exitCode, stdout } = await platform('status');
    expect(exitCode, stdout).toBe(0);
    for (const { name, role } of report.hosts) expect(stdout).toMatch(new RegExp(`^${name} .*${role ?? ''} +running$`, 'm'));
  });

  test('ssh runs a command on each host, private ones over a load balancer', async () => {
    for (const { name } of await lab.machines()) {
      expect(await platform('ssh', name, 'hostname'), name).toMatchObject({ exitCode: 0, stdout: name });
    }
  });

  test('logs show a line that was just written, of one host and of a tier in order', async () => {
    const words = `seen by platform logs ${Date.now()}`;
    for (const name of ['web-2', 'web-1']) await lab.exec(name, ['logger', '--tag', 'lab-test', `${words} ${name}`]);
    await expect
      .poll(async () => (await platform('logs', 'web-1', '--since', '5 min ago')).stdout, { timeout: 30_000 })
      .toContain(`${words} web-1`);
    const { stdout } = await platform('logs', 'web', '--since', '5 min ago');
    expect(
      stdout
        .split('\n')
        .filter((line) => line.includes(words))
        .map((line) => line.slice(-5)),
    ).toEqual(['web-2', 'web-1']);
  });

  test.each([
    ['lb', 'MASTER'],
    ['mysql', 'PRIMARY'],
  ] as const)('switchover %s moves the role, and no request fails', async (tier, role) => {
    const before = await holding(role);
    const traffic = startTraffic({
      target: lab.target,
      streams: ['getMix', 'writers'],
      seed: `switchover ${tier}`,
      runId: `switchover-${tier}-${Date.now()}`,
    });
    try {
      expect(await traffic.serving({ stream: 'write' })).toBe(true);
      const { exitCode, stdout, stderr } = await platform('switchover', tier);
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toContain(`is ${role}`);
      expect(await traffic.serving({ stream: 'write' })).toBe(true);
    } finally {
      await traffic.stop();
    }
    const after = await holding(role);
    expect(await namesOf(tier)).toContain(after);
    expect(after).not.toBe(before);
    expect(traffic.history.length).toBeGreaterThan(50);
    expect(traffic.history.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    // Back again, to a host that is named
    expect((await platform('switchover', tier, '--to', before)).exitCode).toBe(0);
    expect(await holding(role)).toBe(before);
  });

  test('a host that is off is a row, and the exit code says so', async () => {
    await lab.powerOff('web-2');
    try {
      const [{ exitCode, stdout }, drift] = await Promise.all([
        execa('npx', ['platform', 'status'], { reject: false }),
        execa('npx', ['platform', 'drift', '--no-plan'], { reject: false }),
      ]);
      expect(exitCode).toBe(1);
      expect(stdout).toMatch(/^web-2 +web .* no answer$/m);
      expect(stdout).toMatch(/^ {2}web-2 does not answer: /m);
      expect(drift.stdout).toMatch(/^web-2 +server web-2 is off +hcloud server poweron web-2$/m);
      expect(drift.exitCode).toBe(2);
    } finally {
      await lab.powerOn('web-2');
      await expect.poll(async () => (await ask()).problems, { timeout: 120_000, interval: 2000 }).toEqual([]);
    }
  });
});

describe('npx platform drift', () => {
  const drift = async () => {
    const { exitCode, stdout, stderr } = await platform('drift', '--json');
    const { differences, unasked } = JSON.parse(stdout || stderr) as DriftReport;
    return { exitCode, unasked, differences };
  };
  /** A deploy with the variable that the remedy sets; the lab knows cdktf's other words. */
  async function deployAs(remedy: string): Promise<void> {
    const [, args] = /^TF_CLI_ARGS_apply=(\S+) npx cdktf deploy lab$/.exec(remedy) ?? [];
    process.env['TF_CLI_ARGS_apply'] = args ?? expect.fail(`no deploy: ${remedy}`);
    try {
      await lab.deploy();
    } finally {
      delete process.env['TF_CLI_ARGS_apply'];
    }
  }
  /** One rule more, as by the console. */
  async function openPort(port: string): Promise<void> {
    const endpoint = 'https://api.hetzner.cloud/v1/firewalls';
    const headers = { authorization: `Bearer ${process.env['HCLOUD_TOKEN'] ?? ''}`, 'content-type': 'application/json' };
    interface Firewall {
      id: number;
      rules: object[];
    }
    const { firewalls } = (await (await fetch(`${endpoint}?name=platform`, { headers })).json()) as { firewalls: Firewall[] };
    const { id, rules } = firewalls[0] ?? expect.fail('there is no firewall');
    const opened = { direction: 'in', protocol: 'tcp', port, source_ips: ['0.0.0.0/0'] };
    const body = JSON.stringify({ rules: [...rules, opened] });
    expect((await fetch(`${endpoint}/${id}/actions/set_rules`, { method: 'POST', headers, body })).status).toBe(201);
  }

  test('names a file, a unit and a rule of the firewall that somebody has changed, and nothing once its remedies have run', async () => {
    await lab.exec('web-1', ['sh', '-c', 'echo "# mine" >>/etc/nginx/nginx.conf']);
    await lab.exec('web-2', ['systemctl', 'stop', 'silent-peers']);
    await openPort('8080');
    const { exitCode, unasked, differences } = await drift();
    expect(differences.map(({ where, what }) => `${where}: ${what}`).sort()).toEqual([
      'project: firewall platform differs in rule: somebody has changed it',
      'web-1: /etc/nginx/nginx.conf was edited',
      'web-2: silent-peers.service is inactive',
    ]);
    expect({ exitCode, unasked }).toEqual({ exitCode: 2, unasked: [] });
    const remedyOf = (host: string) => differences.find(({ where }) => where === host)?.remedy ?? '';
    expect(remedyOf('project')).toBe('npx cdktf deploy lab');
    expect((await execa(remedyOf('web-2'), { shell: true, reject: false })).exitCode, remedyOf('web-2')).toBe(0);
    // It is a deploy, and so the remedy of the firewall as well
    await deployAs(remedyOf('web-1'));
    expect(await drift()).toEqual({ exitCode: 0, unasked: [], differences: [] });
  });
});

test('sessions of visitors are resumed after the active load balancer has lost its power, and by it when it is back', async () => {
  const versions = ['TLSv1.3', 'TLSv1.2'] as const;
  /** At first those that begin; then which of them are resumed. */
  const visits = (address: string, sessions: readonly Buffer[] = []) =>
    Promise.all(versions.map((version, index) => visit({ ...lab.target, address }, version, { session: sessions[index] })));
  const { floatingIp: active } = await lab.addressHolders();
  const { publicAddress } = await lab.machine(active ?? '');
  const begun = await visits(lab.floatingIp);
  expect(begun.map(({ resumed }) => resumed)).toEqual([false, false]);
  const resumed = (address: string) =>
    visits(
      address,
      begun.map(({ session }) => session),
    ).then(
      (all) => all.map((each) => each.resumed),
      () => 'no answer',
    );
  await lab.powerOff(active ?? '');
  try {
    await expect.poll(() => resumed(lab.floatingIp), { timeout: 30_000 }).toEqual([true, true]);
    expect((await lab.addressHolders()).floatingIp).not.toBe(active);
  } finally {
    await lab.powerOn(active ?? '');
    await expect.poll(async () => (await ask()).problems, { timeout: 120_000, interval: 2000 }).toEqual([]);
  }
  // It has lost its keys and takes those of the other one
  await expect.poll(() => resumed(publicAddress ?? ''), { timeout: 90_000, interval: 2000 }).toEqual([true, true]);
});

test('no secret is in the state, the plan, synthesized files, user data, process lists, environments or logs', async () => {
  expect((await canaries(lab)).length).toBeGreaterThanOrEqual(12);
  expect((await madeKeys(lab)).length).toBeGreaterThanOrEqual(12);
  // Three, or one more between two looks of the load balancers at the turn of an hour
  const keys = await ticketKeys(lab);
  expect(keys.length).toBeOneOf([3, 4]);
  for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9+/]{107}=$/);
  expect(await placesWithCanaries(lab)).toEqual([]);
});
