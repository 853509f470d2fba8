import {
  everyAcknowledgedWriteKept,
  membersAgree,
  noAcknowledgedWriteLost,
  noDoubleExecution,
  addressMovedAtMost,
  noFailedRequest,
  nothingOscillates,
  primaryMovedAtMost,
} from '../checkers';
import {
  all,
  allPowerOff,
  busy,
  cleanStop,
  errantTransaction,
  appliesNothing,
  kill,
  latePrivateInterfaces,
  losePackets,
  losesUnsynced,
  NotReached,
  onMachine,
  powerOff,
  powerOnAgain,
  together,
  tryOnMachine,
  type Fault,
} from '../faults';
import type { Lab } from '../lab';
import { QUIET } from './checks';
import { insertNote } from './database';
import { writeGapAtMost, writesAfterRecovery } from './figures';
import { DATA, FAILOVER, ONE_LOST } from './group';
import { agentStatus } from './roles';
import type { Measured, Scenario } from './scenario';
import type { Stage } from './stage';
import { DATA_FOLDER, UNITS } from './units';

const PRIVATE_LATE_SECONDS = 120;
const afterBoot: Measured = { figure: 'writes after boot', unit: 'ms', max: 90_000, measure: writesAfterRecovery };

const switchover: Scenario = {
  name: 'db-switchover',
  title: 'The role of the PRIMARY is handed over for maintenance',
  explanation: 'An operator asks the PRIMARY to step down. Another member takes over; users wait a moment and see no error.',
  async story(stage: Stage): Promise<void> {
    const primary = await stage.topology.primary();
    await stage.inject({
      title: `${primary} steps down`,
      inject: async () => void (await onMachine(stage.lab, primary, 'platform-mysql step-down', 60)),
      recover: async () => undefined,
    });
    await stage.until('another member is PRIMARY', async () => (await stage.topology.primary()) !== primary);
    await stage.writing();
  },
  targets: () => [writeGapAtMost(1000)],
  checkers: ONE_LOST,
};

const errant: Scenario = {
  name: 'db-errant-transaction',
  fault: 39,
  title: 'A SECONDARY has a transaction that nobody else has',
  explanation:
    'An operator took it out of the group and wrote to it. It returns with the data of the group. Its own transaction is kept in a dump and reported.',
  async story(stage: Stage): Promise<void> {
    const member = stage.random.pick(await stage.topology.secondaries());
    const machine = await stage.lab.machine(member);
    const dumps = async () => ((await agentStatus(stage.lab, machine))?.dumps as readonly unknown[]).length;
    const before = await dumps();
    const key = `${stage.runId}-errant`;
    await stage.inject(errantTransaction(stage.lab, { member, agent: UNITS.memberAgent, write: insertNote(key, 'nobody else has this') }));
    await stage.healthy();
    await stage.until(`${member} reports what it has set aside`, async () => (await dumps()) > before, 10_000);
  },
  targets: () => FAILOVER,
  checkers: ONE_LOST,
};

/** Recovers the fault, and waits until notes are stored again and everything is healthy. */
async function writesGoOnAfter(stage: Stage, fault: Fault): Promise<void> {
  await stage.recover(fault);
  await stage.writing(120_000);
  await stage.healthy();
}

/** All members lose power, and all but `missing` return: they must ask for a decision. Recovering the result brings `missing` back. */
async function returnWithout(stage: Stage, missing: string): Promise<Fault> {
  const members = await stage.topology.names('mysql');
  const present = members.filter((name) => name !== missing);
  const outage = await stage.inject(allPowerOff(stage.lab, members));
  await all(present.map((name) => () => powerOnAgain(stage.lab, name)));
  stage.mark('note', `${missing} stays away`);
  await stage.until(
    'the others ask for a decision',
    async () => (await Promise.all(present.map((name) => decisionOf(stage.lab, name)))).every((kind) => kind === 'needs-operator'),
    90_000,
  );
  return outage;
}

/** `platform-mysql force-bootstrap` on these members at the same moment. One has to succeed; the others may refuse. */
function forcedBootstraps(lab: Lab, members: readonly string[]): Fault {
  return {
    title: `platform-mysql force-bootstrap on ${members.join(' and, at the same moment, on ')}`,
    async inject() {
      const answers = await Promise.all(members.map((member) => tryOnMachine(lab, member, 'platform-mysql force-bootstrap --yes', 60)));
      if (answers.every(({ exitCode }) => exitCode !== 0)) throw new Error(answers.map(({ stderr }) => stderr.trim()).join('; '));
    },
    recover: async () => undefined,
  };
}

async function decisionOf(lab: Lab, member: string): Promise<unknown> {
  return ((await agentStatus(lab, await lab.machine(member)))?.lastDecision as { kind?: unknown } | undefined)?.kind;
}

export const severalMembersScenarios: readonly Scenario[] = [
  switchover,
  errant,
  {
    name: 'db-two-killed',
    fault: 29,
    title: 'Two of three members lose power',
    explanation:
      'The remaining member has no majority and must not accept writes. The group is complete again when the others return; nothing acknowledged is lost.',
    async story(stage: Stage): Promise<void> {
      const fault = await stage.inject(
        allPowerOff(stage.lab, [await stage.topology.primary(), stage.random.pick(await stage.topology.secondaries())]),
      );
      await stage.pause(10_000);
      await writesGoOnAfter(stage, fault);
    },
    targets: () => [afterBoot],
    checkers: [...DATA, QUIET],
  },
  {
    name: 'db-clean-shutdowns',
    fault: 30,
    title: 'One member is shut down, and then another',
    explanation: 'A group that members leave cleanly stays writable; but one member of three must not acknowledge a write.',
    async story(stage: Stage): Promise<void> {
      const [first, second] = await stage.topology.secondaries();
      const one = await stage.inject(cleanStop(stage.lab, first!));
      await stage.pause(5000);
      const other = await stage.inject(cleanStop(stage.lab, second!));
      await stage.pause(5000);
      await stage.recover(one);
      await writesGoOnAfter(stage, other);
    },
    checkers: [...DATA, QUIET],
  },
  {
    name: 'db-all-killed',
    fault: 36,
    title: 'All members lose power, one after the other',
    explanation: 'The member with the most transactions founds the group again and the others join, without a person, within 90 s of boot.',
    async story(stage: Stage): Promise<void> {
      const members = await stage.topology.names('mysql');
      const faults = [];
      for (const member of members) {
        faults.push(await stage.inject(powerOff(stage.lab, member)));
        await stage.pause(stage.random.between(200, 3000));
      }
      await writesGoOnAfter(stage, together('all members have power again', faults));
    },
    targets: () => [afterBoot],
    checkers: [...DATA, QUIET],
  },
  {
    name: 'db-all-killed-one-missing',
    fault: 37,
    title: 'All members lose power and one does not return',
    explanation:
      'The missing member could hold writes that the others lack: the two wait and say so, and do not found the group without it.',
    async story(stage: Stage): Promise<void> {
      const members = await stage.topology.names('mysql');
      const missing = await stage.topology.primary();
      const fault = await stage.inject(allPowerOff(stage.lab, members));
      await Promise.all(members.filter((name) => name !== missing).map((name) => powerOnAgain(stage.lab, name)));
      stage.mark('note', `${missing} stays away`);
      await stage.pause(40_000);
      const alone = await stage.topology.primary().catch(() => undefined);
      if (alone) throw new Error(`${alone} became PRIMARY without ${missing}`);
      await writesGoOnAfter(stage, fault);
    },
    targets: () => [afterBoot],
    checkers: DATA,
  },
  {
    name: 'db-all-boot-together',
    fault: 38,
    title: 'All members lose power and boot at the same moment',
    explanation: 'Each member could found the group. Exactly one does, and the others join it.',
    async story(stage: Stage): Promise<void> {
      const fault = await stage.inject(allPowerOff(stage.lab, await stage.topology.names('mysql')));
      await writesGoOnAfter(stage, fault);
    },
    targets: () => [afterBoot],
    checkers: [...DATA, QUIET],
  },
  {
    name: 'db-two-forced-bootstraps',
    fault: 38,
    title: 'Two operators found the group at the same moment, on two members',
    explanation:
      'All members lose power and one does not return, so the other two ask for a decision. Two operators decide at once, each on another member. At most one group may result: nothing that either acknowledges is lost.',
    async story(stage: Stage): Promise<void> {
      // Not the PRIMARY: what it alone had acknowledged would be away, which the next scenario is about
      const missing = stage.random.pick(await stage.topology.secondaries());
      const two = (await stage.topology.names('mysql')).filter((name) => name !== missing);
      const outage = await returnWithout(stage, missing);
      two.forEach((member) => stage.writeDirectlyTo(member));
      await stage.inject(forcedBootstraps(stage.lab, two));
      await stage.writing(120_000);
      await stage.recover(outage);
      await stage.healthy();
    },
    checkers: DATA,
  },
  {
    name: 'db-founded-without-primary',
    fault: 37,
    title: 'An operator founds the group without the member that holds the last writes',
    explanation:
      'When all lose power, the others have received the last writes of the PRIMARY but not stored them. The PRIMARY does not return, and an operator founds the group without it. Later it returns: its own writes are kept in a dump, and all members hold the same.',
    async story(stage: Stage): Promise<void> {
      const { lab } = stage;
      const primary = await stage.topology.primary();
      const others = await stage.topology.secondaries();
      await stage.inject(
        together(
          `${others.join(' and ')} apply nothing`,
          others.map((member) => appliesNothing(lab, member, DATA_FOLDER)),
        ),
      );
      await stage.pause(1500);
      await stage.inject(
        together(
          `${others.join(' and ')} lose what they have not applied`,
          others.map((member) => losesUnsynced(lab, member, UNITS.mysql)),
        ),
      );
      const outage = await returnWithout(stage, primary);
      await stage.inject(forcedBootstraps(lab, [stage.random.pick(others)]));
      await stage.writing(120_000);
      await stage.recover(outage);
      await stage.healthy();
    },
    checkers: [everyAcknowledgedWriteKept, noDoubleExecution, membersAgree],
  },
  {
    name: 'db-killed-twice',
    fault: 41,
    title: 'The PRIMARY is killed, and soon after its successor',
    explanation: 'A member that has just returned takes part in the next failover.',
    async story(stage: Stage): Promise<void> {
      const first = await stage.inject(kill(stage.lab, await stage.topology.primary(), UNITS.mysql));
      await stage.pause(2000);
      await stage.writing();
      await stage.recover(first);
      await stage.healthy();
      const second = await stage.inject(kill(stage.lab, await stage.topology.primary(), UNITS.mysql));
      await stage.pause(2000);
      await stage.writing();
      await stage.recover(second);
      await stage.healthy();
    },
    targets: () => FAILOVER,
    checkers: [...DATA, noFailedRequest('get', 'write', 'read'), primaryMovedAtMost(2)],
  },
  {
    name: 'all-power-off',
    fault: 46,
    title: 'All machines lose power and return',
    explanation: 'Service is back within 90 s of boot, without a person.',
    async story(stage: Stage): Promise<void> {
      const machines = (await stage.lab.machines()).map(({ name }) => name);
      const fault = await stage.inject(allPowerOff(stage.lab, machines));
      await stage.recover(fault);
      await stage.serving(120_000);
      await stage.healthy();
    },
    targets: () => [afterBoot],
    checkers: [noAcknowledgedWriteLost, noDoubleExecution, QUIET],
  },
  {
    name: 'all-private-late',
    fault: 51,
    title: 'All machines boot, and the private network comes two minutes later',
    explanation:
      'For two minutes programs have no private address and reach no other machine. Then all of them start by themselves; none has given up.',
    async story(stage: Stage): Promise<void> {
      const { lab } = stage;
      const machines = (await lab.machines()).map(({ name }) => name);
      await stage.inject(latePrivateInterfaces(lab, PRIVATE_LATE_SECONDS));
      const outage = await stage.inject(allPowerOff(lab, machines));
      await stage.recover(outage);
      await stage.serving(PRIVATE_LATE_SECONDS * 1000 + 120_000);
      await stage.healthy();
      for (const machine of machines) {
        const failed = await onMachine(lab, machine, 'systemctl list-units --failed --no-legend --plain');
        if (failed !== '') throw new NotReached(`units of ${machine} have failed: ${failed}`);
      }
    },
    targets: () => [{ ...afterBoot, max: PRIVATE_LATE_SECONDS * 1000 + afterBoot.max }],
    checkers: [noAcknowledgedWriteLost, noDoubleExecution, QUIET],
  },
  {
    name: 'all-busy',
    title: 'Nothing is wrong, but everything is slow',
    explanation: 'All cores of the pair and the members are busy and 5 % of the packets are lost. No role changes.',
    async story(stage: Stage): Promise<void> {
      const machines = (await stage.lab.machines()).filter(({ tier }) => tier === 'lb' || tier === 'mysql').map(({ name }) => name);
      const faults = machines.flatMap((machine) => [
        busy(stage.lab, machine),
        losePackets(stage.lab, { machine, link: 'private', lossPercent: 5 }),
      ]);
      const fault = await stage.inject(together('everything is busy and lossy', faults));
      await stage.pause(60_000);
      await stage.recover(fault);
    },
    checkers: [
      ...ONE_LOST.filter(({ name }) => !name.startsWith('movedAtMost')),
      addressMovedAtMost(0),
      primaryMovedAtMost(0),
      nothingOscillates(120_000),
    ],
  },
];
