import {
  everyAcknowledgedWriteKept,
  membersAgree,
  noAcknowledgedWriteLost,
  noDoubleExecution,
  addressMovedAtMost,
  noFailedRequest,
  nothingOscillates,
  primaryMovedAtMost,
  quietAfterRecovery,
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
  type LabHandle,
} from '../faults';
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
    'Somebody took it out of the group and wrote to it. It returns with the data of the group, and what it had alone is set aside and reported, not dropped in silence.',
  async story(stage: Stage): Promise<void> {
    const member = stage.random.pick(await stage.topology.secondaries());
    const machine = (await stage.lab.machines()).find(({ name }) => name === member)!;
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

/** The command that the members ask for, at the same moment if there are several. One has to do it; the others may refuse. */
function forcedBootstraps(lab: LabHandle, members: readonly string[]): Fault {
  return {
    title: `platform-mysql force-bootstrap on ${members.join(' and, at the same moment, on ')}`,
    async inject() {
      const answers = await Promise.all(members.map((member) => tryOnMachine(lab, member, 'platform-mysql force-bootstrap --yes', 60)));
      if (answers.every(({ exitCode }) => exitCode !== 0)) throw new Error(answers.map(({ stderr }) => stderr.trim()).join('; '));
    },
    recover: async () => undefined,
  };
}

async function decisionOf(lab: LabHandle, member: string): Promise<unknown> {
  const machine = (await lab.machines()).find(({ name }) => name === member)!;
  return ((await agentStatus(lab, machine))?.lastDecision as { kind?: unknown } | undefined)?.kind;
}

export const severalMembersScenarios: readonly Scenario[] = [
  switchover,
  errant,
  {
    name: 'db-two-killed',
    fault: 29,
    title: 'Two of three members lose power',
    explanation:
      'The one that is left has no majority and must not write. The group is whole again when they return; nothing acknowledged is lost.',
    async story(stage: Stage): Promise<void> {
      const fault = await stage.inject(
        allPowerOff(stage.lab, [await stage.topology.primary(), stage.random.pick(await stage.topology.secondaries())]),
      );
      await stage.pause(10_000);
      await stage.recover(fault);
      await stage.writing(120_000);
      await stage.healthy();
    },
    targets: () => [afterBoot],
    checkers: [...DATA, quietAfterRecovery(1000, 'probe', 'get', 'write', 'read')],
  },
  {
    name: 'db-clean-shutdowns',
    fault: 30,
    title: 'One member is shut down, and then another',
    explanation:
      'A group that shrinks by clean leaves stays writable down to one member; with only one of three left nothing may be acknowledged.',
    async story(stage: Stage): Promise<void> {
      const [first, second] = await stage.topology.secondaries();
      const one = await stage.inject(cleanStop(stage.lab, first!));
      await stage.pause(5000);
      const other = await stage.inject(cleanStop(stage.lab, second!));
      await stage.pause(5000);
      await stage.recover(one);
      await stage.recover(other);
      await stage.writing(120_000);
      await stage.healthy();
    },
    checkers: [...DATA, quietAfterRecovery(1000, 'probe', 'get', 'write', 'read')],
  },
  {
    name: 'db-all-killed',
    fault: 36,
    title: 'All members lose power, one after the other',
    explanation: 'The one with the most transactions starts the group again and the others join, by themselves, within 90 s of boot.',
    async story(stage: Stage): Promise<void> {
      const members = await stage.topology.names('mysql');
      const faults = [];
      for (const member of members) {
        faults.push(await stage.inject(powerOff(stage.lab, member)));
        await stage.pause(stage.random.between(200, 3000));
      }
      await stage.recover(together('all members have power again', faults));
      await stage.writing(120_000);
      await stage.healthy();
    },
    targets: () => [afterBoot],
    checkers: [...DATA, quietAfterRecovery(1000, 'probe', 'get', 'write', 'read')],
  },
  {
    name: 'db-all-killed-one-missing',
    fault: 37,
    title: 'All members lose power and one does not return',
    explanation: 'The missing one could hold writes that nobody else has: the two wait and say so, rather than start without it.',
    async story(stage: Stage): Promise<void> {
      const members = await stage.topology.names('mysql');
      const missing = await stage.topology.primary();
      const fault = await stage.inject(allPowerOff(stage.lab, members));
      await Promise.all(members.filter((name) => name !== missing).map((name) => powerOnAgain(stage.lab, name)));
      stage.mark('note', `${missing} stays away`);
      await stage.pause(40_000);
      const alone = await stage.topology.primary().catch(() => undefined);
      if (alone) throw new Error(`${alone} became PRIMARY without ${missing}`);
      await stage.recover(fault);
      await stage.writing(120_000);
      await stage.healthy();
    },
    targets: () => [afterBoot],
    checkers: DATA,
  },
  {
    name: 'db-all-boot-together',
    fault: 38,
    title: 'All members lose power and boot at the same moment',
    explanation: 'Each could start the group. Exactly one does, and the others join it.',
    async story(stage: Stage): Promise<void> {
      const fault = await stage.inject(allPowerOff(stage.lab, await stage.topology.names('mysql')));
      await stage.recover(fault);
      await stage.writing(120_000);
      await stage.healthy();
    },
    targets: () => [afterBoot],
    checkers: [...DATA, quietAfterRecovery(1000, 'probe', 'get', 'write', 'read')],
  },
  {
    name: 'db-two-forced-bootstraps',
    fault: 38,
    title: 'Two operators found the group at the same moment, on two members',
    explanation:
      'All members lost power and one does not return, so the other two ask for a decision. Two people take it at once, each on another member. At most one group may come of it: nothing that either of them acknowledges is lost.',
    async story(stage: Stage): Promise<void> {
      const { lab } = stage;
      const members = await stage.topology.names('mysql');
      // with the PRIMARY what it alone had acknowledged would be away: see the next one
      const missing = stage.random.pick(await stage.topology.secondaries());
      const two = members.filter((name) => name !== missing);
      const outage = await stage.inject(allPowerOff(lab, members));
      await all(two.map((name) => () => powerOnAgain(lab, name)));
      stage.mark('note', `${missing} stays away`);
      await stage.until(
        'both ask for a decision',
        async () => (await Promise.all(two.map((name) => decisionOf(lab, name)))).every((kind) => kind === 'needs-operator'),
        90_000,
      );
      two.forEach((member) => stage.writeDirectlyTo(member));
      await stage.inject(forcedBootstraps(lab, two));
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
      'The others had received the last writes of the PRIMARY and not yet stored them when all lost power, and the PRIMARY does not return. An operator goes on without. Later it does return: what it alone holds is kept in a dump, and all members hold the same.',
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
      const outage = await stage.inject(allPowerOff(lab, [primary, ...others]));
      await all(others.map((name) => () => powerOnAgain(lab, name)));
      stage.mark('note', `${primary} stays away`);
      await stage.until(
        'both ask for a decision',
        async () => (await Promise.all(others.map((name) => decisionOf(lab, name)))).every((kind) => kind === 'needs-operator'),
        90_000,
      );
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
    explanation: 'Nobody touches anything. Service is back within 90 s of boot.',
    async story(stage: Stage): Promise<void> {
      const machines = (await stage.lab.machines()).map(({ name }) => name);
      const fault = await stage.inject(allPowerOff(stage.lab, machines));
      await stage.recover(fault);
      await stage.serving(120_000);
      await stage.healthy();
    },
    targets: () => [afterBoot],
    checkers: [noAcknowledgedWriteLost, noDoubleExecution, quietAfterRecovery(1000, 'probe', 'get', 'write', 'read')],
  },
  {
    name: 'all-private-late',
    fault: 51,
    title: 'All machines boot, and the private network comes two minutes later',
    explanation:
      'Programs find neither their own address nor anybody else, for two minutes. All of them come up by themselves then, and none has given up.',
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
    checkers: [noAcknowledgedWriteLost, noDoubleExecution, quietAfterRecovery(1000, 'probe', 'get', 'write', 'read')],
  },
  {
    name: 'all-busy',
    title: 'Nothing is wrong, but everything is slow',
    explanation: 'All cores of the pair and the members are busy and 5 % of the packets are lost. Nothing fails over.',
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
