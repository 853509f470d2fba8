import { execa } from 'execa';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { deploy } from '../../lab/cli/deploy';
import { openLab, type Lab, type LabMachine } from '../../lab/lab';
import { editedMain } from './edited-main';

/** Runs inside the client namespace of a lab to which the stack has been deployed: see run.sh. */
let lab: Lab;
let machines: readonly LabMachine[];

beforeAll(async () => {
  lab = await openLab();
  await deploy(lab, { app: await editedMain(lab, 'updates: { securityUpdates: true },') });
  machines = await lab.machines();
});

const TIERS = ['lb', 'web', 'app', 'mysql'] as const;
const of = (tier: string) => machines.filter((machine) => machine.tier === tier).map(({ name }) => name);
const must = async (machine: string, argv: readonly string[]) => {
  const { exitCode, stdout, stderr } = await lab.exec(machine, argv);
  expect(exitCode, `${machine}: ${argv.join(' ')}: ${stderr}`).toBe(0);
  return stdout.trim();
};

test.each(TIERS)('a host of tier %s looks for security updates, through its way out, and for nothing else', async (tier) => {
  const machine = of(tier)[0] ?? '';
  await must(machine, ['apt-get', '-qq', '-o', 'APT::Update::Error-Mode=any', 'update']);
  const said = await must(machine, ['sh', '-c', 'LC_ALL=C unattended-upgrade --dry-run --verbose 2>&1']);
  const [, allowed = ''] = /Allowed origins are: (.*)/.exec(said) ?? [];
  expect(allowed.split(/, (?=origin=)/).sort()).toEqual(['origin=Debian,codename=trixie-security,label=Debian-Security', 'origin=Ubuntu,archive=trixie-security,label=Ubuntu']);
});

test('every host has a turn of its own in its tier, and nothing else installs anything', async () => {
  for (const tier of TIERS) {
    const turns = await Promise.all(of(tier).map((machine) => must(machine, ['sh', '-c', 'systemctl is-enabled -q security-updates.timer && sed -n s/^OnCalendar=//p /etc/systemd/system/security-updates.timer'])));
    expect(new Set(turns).size, tier).toBe(turns.length);
    for (const machine of of(tier)) expect((await lab.exec(machine, ['systemctl', 'is-enabled', 'apt-daily-upgrade.timer'])).stdout.trim(), machine).toBe('masked');
  }
});

test('a member does not reboot while another one is not well, and says why', async () => {
  const [one = '', two = ''] = of('mysql');
  onTestFinished(async () => {
    await must(two, ['systemctl', 'start', 'security-updates-answer.socket']);
    await lab.exec(one, ['rm', '-f', '/run/reboot-required']);
  });
  await must(two, ['systemctl', 'stop', 'security-updates-answer.socket']);
  await must(one, ['touch', '/run/reboot-required']);
  const { exitCode, stdout } = await lab.exec(one, ['env', 'PATIENCE_SECONDS=1', 'platform-updates', 'run']);
  expect(exitCode).toBe(1);
  expect(stdout).toContain(`not this time: ${two} does not agree`);
  expect(await must(one, ['platform-updates', 'status'])).toContain(`not this time: ${two} does not agree`);
});

describe('all hosts of a tier want to reboot at the same moment', () => {
  test.each(TIERS)('%s: they do, one after another, and visitors are served meanwhile', async (tier) => {
    const names = of(tier);
    for (const name of names) await must(name, ['touch', '/run/reboot-required']);
    await Promise.all(names.map((name) => must(name, ['systemctl', 'start', '--no-block', 'security-updates.service'])));

    const goneTogether: string[][] = [];
    let asked = 0;
    /** A planned move of the address may cut one visitor, who comes again. */
    const failed: string[] = [];
    let cut = false;
    /** Their /run is another one after a reboot. */
    const left = new Set(names);
    while (left.size > 0) {
      const seen = await Promise.all(names.map((name) => stateOf(name)));
      const away = names.filter((_, index) => seen[index] === 'away');
      if (away.length > 1) goneTogether.push(away);
      names.forEach((name, index) => {
        if (seen[index] === 'rebooted') left.delete(name);
      });
      asked += 1;
      const status = await visit();
      if (status !== 200 && cut) failed.push(`${status} while away: ${away.join(' ') || 'nobody'}`);
      cut = status !== 200;
      await sleep(200);
    }
    expect(goneTogether).toEqual([]);
    expect(failed).toEqual([]);
    expect(asked).toBeGreaterThan(names.length);
  });
});

/** `away`: shut down, booting, or not doing its part for others; `rebooted`: back and well. */
async function stateOf(name: string): Promise<'waits' | 'away' | 'rebooted'> {
  const { exitCode, stdout } = await lab.exec(name, ['sh', '-c', '. /etc/platform/security-updates.env; for url in $HEALTH_URLS; do curl -sf -o /dev/null --max-time 2 "$url" || exit 1; done; [ -e /run/reboot-required ] && echo waits || echo rebooted']).catch(() => ({ exitCode: 1, stdout: '' }));
  return exitCode === 0 ? (stdout.trim() as 'waits' | 'rebooted') : 'away';
}

/** One visitor with a page that comes from the database. */
async function visit(): Promise<number> {
  const { stdout } = await execa('curl', ['-sk', '-o', '/dev/null', '-w', '%{http_code}', '--max-time', '30', '--resolve', `${lab.domain}:443:${lab.floatingIp}`, `https://${lab.domain}/api/notes`], { reject: false });
  return Number(stdout);
}
