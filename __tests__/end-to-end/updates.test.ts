import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  addressMovedAtMost,
  membersAgree,
  noAcknowledgedWriteLost,
  noDoubleExecution,
  noFailedRequest,
  type Checker,
} from '../../lab/checkers';
import { onMachine } from '../../lab/faults';
import { openLab, TIERS, type Lab, type LabMachine, type Tier } from '../../lab/lab';
import { openDeployedLab, type Scenario } from '../../lab/scenarios';
import { topologyOf } from '../../lab/scenarios/topology';
import { judge } from './judge';
import { deployOperated } from './operated-stack';

/** Runs inside the client namespace of a lab to which the stack has been deployed: see run.sh. */
let lab: Lab;
let machines: readonly LabMachine[];

beforeAll(async () => {
  lab = await openLab();
  await deployOperated(lab);
  machines = await lab.machines();
});

const EVERYTHING = process.env['TEST_SIZE'] === 'all';
/**
 * One tier at a time: unattended-upgrade on seven hosts at once takes all that two processors have, and clients wait for that alone.
 * Web servers and app servers take turns by the same rules as the others.
 */
const REBOOTING: readonly Tier[] = EVERYTHING ? TIERS : ['mysql'];
/** One that has a way out of its own, and one whose way is the load balancers'. */
const LOOKING: readonly Tier[] = EVERYTHING ? TIERS : ['lb', 'app'];
const of = (tier: string) => machines.filter((machine) => machine.tier === tier).map(({ name }) => name);
const must = (machine: string, script: string) => onMachine(lab, machine, script, 240);

test.concurrent.each(LOOKING)('a host of tier %s finds security updates through its way out, and no other updates', async (tier) => {
  const machine = of(tier)[0] ?? '';
  await must(machine, 'apt-get -qq -o APT::Update::Error-Mode=any update');
  const said = await must(machine, 'LC_ALL=C unattended-upgrade --dry-run --verbose 2>&1');
  const [, allowed = ''] = /Allowed origins are: (.*)/.exec(said) ?? [];
  expect(allowed.split(/, (?=origin=)/).sort()).toEqual([
    'origin=Debian,codename=trixie-security,label=Debian-Security',
    'origin=Ubuntu,archive=trixie-security,label=Ubuntu',
  ]);
});

test('every host has a turn of its own in its tier, and no other timer installs updates', async () => {
  for (const tier of TIERS) {
    const turns = await Promise.all(
      of(tier).map((machine) =>
        must(
          machine,
          'systemctl is-enabled -q security-updates.timer && sed -n s/^OnCalendar=//p /etc/systemd/system/security-updates.timer',
        ),
      ),
    );
    expect(new Set(turns).size, tier).toBe(turns.length);
    for (const machine of of(tier))
      expect((await lab.exec(machine, ['systemctl', 'is-enabled', 'apt-daily-upgrade.timer'])).stdout.trim(), machine).toBe('masked');
  }
});

test('a member does not reboot while another one is not well, and says why', async () => {
  const [one = '', two = ''] = of('mysql');
  onTestFinished(async () => {
    await must(two, 'systemctl start security-updates-answer.socket');
    await lab.exec(one, ['rm', '-f', '/run/reboot-required']);
  });
  await must(two, 'systemctl stop security-updates-answer.socket');
  await must(one, 'touch /run/reboot-required');
  const { exitCode, stdout } = await lab.exec(one, ['env', 'PATIENCE_SECONDS=1', 'platform-updates', 'run']);
  expect(exitCode).toBe(1);
  expect(stdout).toContain(`not this time: ${two} does not agree`);
  expect(await must(one, 'platform-updates status')).toContain(`not this time: ${two} does not agree`);
});

describe('when hosts of a tier want to reboot at the same moment', () => {
  test.each(REBOOTING)('hosts of %s reboot one after another, and users only wait', async (tier) => {
    const due = await dueOf(tier);
    const goneTogether: string[] = [];
    await judge(await openDeployedLab(), reboots(tier, due, goneTogether));
    expect(goneTogether).toEqual([]);
    for (const name of due) expect(await must(name, 'platform-updates status'), name).toContain('made way, and reboots');
  });
});

/** In a short run the PRIMARY and one SECONDARY: two are enough to be in each other's way. */
async function dueOf(tier: Tier): Promise<readonly string[]> {
  if (EVERYTHING) return of(tier);
  const topology = topologyOf(lab);
  return [await topology.primary(), ...(await topology.secondaries()).slice(0, 1)];
}

/** Connections end with the load balancer that has them, so a client that tries once may fail there; one that tries again does not. */
const RETRIES_SUCCEED: readonly Checker[] = [noAcknowledgedWriteLost, noDoubleExecution, membersAgree, noFailedRequest('write', 'read')];
const AT_THE_EDGE: readonly Checker[] = [...RETRIES_SUCCEED, addressMovedAtMost(2)];
const BEHIND_THE_EDGE: readonly Checker[] = [...RETRIES_SUCCEED, noFailedRequest('probe', 'get'), addressMovedAtMost(0)];

const reboots = (tier: Tier, names: readonly string[], goneTogether: string[]): Scenario => ({
  name: `${tier}-updates-reboot`,
  title: 'Hosts of a tier have a reboot due, and begin at the same moment',
  explanation: 'They agree on turns, and each makes way before its reboot.',
  rate: 0.4,
  async story(stage) {
    const begin = async () => {
      for (const name of names) await must(name, 'touch /run/reboot-required');
      await Promise.all(names.map((name) => must(name, 'systemctl start --no-block security-updates.service')));
    };
    await stage.inject({
      title: `${names.join(', ')}: security-updates.service, with a reboot due`,
      inject: begin,
      recover: async () => undefined,
    });
    /** Their /run is another one after a reboot. */
    const back = new Set<string>();
    const allAreBack = async () => {
      const seen = await Promise.all(names.map(async (name) => ({ name, state: await stateOf(name) })));
      const away = seen.filter(({ state }) => state === 'away').map(({ name }) => name);
      if (away.length > 1) goneTogether.push(away.join(' and '));
      for (const { name } of seen.filter(({ name, state }) => state === 'rebooted' && !back.has(name))) {
        back.add(name);
        stage.mark('note', `${name} has rebooted`);
      }
      return back.size === names.length;
    };
    await stage.until('every one has rebooted', allAreBack, 600_000);
    await stage.healthy();
  },
  checkers: tier === 'lb' ? AT_THE_EDGE : BEHIND_THE_EDGE,
});

/**
 * `away`: shut down, booting, or not doing its part for others; `rebooted`: back and well. Asks the first of the health URLs: at
 * the second of a load balancer nobody is well while the addresses are on their way from one to the other.
 */
async function stateOf(name: string): Promise<'waits' | 'away' | 'rebooted'> {
  const { exitCode, stdout } = await lab
    .exec(name, [
      'sh',
      '-c',
      '. /etc/platform/security-updates.env; curl -sf -o /dev/null --max-time 2 "${HEALTH_URLS%% *}" || exit 1; [ -e /run/reboot-required ] && echo waits || echo rebooted',
    ])
    .catch(() => ({ exitCode: 1, stdout: '' }));
  return exitCode === 0 ? (stdout.trim() as 'waits' | 'rebooted') : 'away';
}
