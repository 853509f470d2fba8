import { nothingOscillates, primaryMovedAtMost, type Checker } from '../checkers';
import { cleanStop, databaseSetting, kill, makeWay, serverGone, tryOnMachine } from '../faults';
import { DATA, FAILOVER, ONE_LOST } from './group';
import type { Scenario } from './scenario';
import type { Stage } from './stage';
import { UNITS } from './units';

/** In a roll the role moves to the last member, and away from it at the end, perhaps back to its first holder. */
function rolled(times: number): readonly Checker[] {
  const others = ONE_LOST.filter(({ name }) => name !== primaryMovedAtMost(1).name && name !== nothingOscillates(0).name);
  return [...others, primaryMovedAtMost(2 * times), nothingOscillates(120_000, ['floating-ip', 'nat-gateway'])];
}

/** Operators' work on the members, by the commands that they use. */
export const operationsScenarios: readonly Scenario[] = [
  {
    name: 'db-replaced',
    fault: 41,
    title: 'A SECONDARY is deleted with its data, and deployed anew',
    explanation:
      'A server and its volume are deleted. One deploy makes both again; the new member takes a copy and joins, while writes go on.',
    async story(stage: Stage): Promise<void> {
      const gone = await stage.inject(serverGone(stage.lab, stage.random.pick(await stage.topology.secondaries()), { volume: true }));
      await stage.writing();
      await stage.recover(gone);
      await stage.healthy();
    },
    targets: () => FAILOVER,
    checkers: ONE_LOST,
    healthySeconds: 400,
  },
  {
    name: 'db-replaced-while-primary-dies',
    fault: 41,
    title: 'A member is replaced, and meanwhile the PRIMARY is killed',
    explanation:
      'While the new member is not yet in the group, the third one is alone and accepts nothing. The group comes back by itself as soon as the members with the data answer. Nothing acknowledged is lost.',
    async story(stage: Stage): Promise<void> {
      const primary = await stage.topology.primary();
      const secondary = stage.random.pick(await stage.topology.secondaries());
      const gone = await stage.inject(serverGone(stage.lab, secondary, { volume: true }));
      const deployed = stage.recover(gone);
      const starts = async () =>
        (await tryOnMachine(stage.lab, secondary, `systemctl is-active ${UNITS.mysql} || pgrep -x mysqld`)).exitCode === 0;
      await Promise.race([stage.until(`mysqld on the new ${secondary} starts`, starts, 600_000), deployed]);
      const killed = await stage.inject(kill(stage.lab, primary, UNITS.mysql));
      await stage.recover(killed);
      await deployed;
      await stage.writing(120_000);
      await stage.healthy();
    },
    targets: () => [],
    checkers: DATA,
    healthySeconds: 400,
  },
  {
    name: 'db-rolling-change',
    title: 'A setting that needs a restart is brought to all members, as a deploy brings it',
    explanation: 'One member after the other in the order of their numbers; the PRIMARY hands over first. Requests get slower, none fails.',
    async story(stage: Stage): Promise<void> {
      for (const member of await stage.topology.names('mysql')) await stage.inject(databaseSetting(stage.lab, member, UNITS.mysql));
      await stage.healthy();
    },
    targets: () => FAILOVER,
    // Recovery takes the setting back in the same way
    checkers: rolled(2),
    healthySeconds: 400,
  },
  {
    name: 'db-rolling-reboot',
    title: 'All members are rebooted, one after the other',
    explanation: 'Each member makes way first, as docs/database.md says. Requests get slower, none fails.',
    async story(stage: Stage): Promise<void> {
      for (const member of await stage.topology.names('mysql')) {
        await stage.inject(makeWay(stage.lab, member));
        const stopped = await stage.inject(cleanStop(stage.lab, member));
        await stage.recover(stopped);
        await stage.healthy();
      }
    },
    targets: () => FAILOVER,
    checkers: rolled(1),
    healthySeconds: 400,
  },
];
