import {
  noAcknowledgedWriteLost,
  noDoubleExecution,
  membersAgree,
  noFailedRequest,
  nothingAcceptedWhenAlone,
  nothingOscillates,
  primaryMovedAtMost,
  readsPossible,
  type Checker,
} from '../checkers';
import type { Fault } from '../faults';
import { QUIET } from './checks';
import { writeGapAtMost } from './figures';
import type { Measured, Scenario } from './scenario';
import type { Stage } from './stage';

/** No lag is allowed: the application asks the PRIMARY before it answers "no such note". */
const READ_LAG = 0;
/** Time until a lone member knows that it is alone, in milliseconds: Group Replication's suspicion and the timeout after it. */
const KNOWS_IT_IS_ALONE = 8000;

/** Checks of the data, for every fault. */
export const DATA: readonly Checker[] = [
  noAcknowledgedWriteLost,
  noDoubleExecution,
  membersAgree,
  readsPossible({ stalenessMilliseconds: READ_LAG }),
];

/** Checks for the loss of one member: users wait and see no error. */
export const ONE_LOST: readonly Checker[] = [
  ...DATA,
  noFailedRequest('get', 'write', 'read'),
  primaryMovedAtMost(1),
  nothingOscillates(120_000),
  QUIET,
];

export const FENCED: readonly Checker[] = [...ONE_LOST, nothingAcceptedWhenAlone(KNOWS_IT_IS_ALONE)];

export const FAILOVER: readonly Measured[] = [writeGapAtMost(9000, 7500)];

/** The PRIMARY has a fault, another member takes over, the first returns. */
export function primaryFails(
  scenario: Omit<Scenario, 'story' | 'checkers'>,
  fault: (stage: Stage, primary: string, secondaries: readonly string[]) => Fault,
  {
    holdMilliseconds = 3000,
    fenced = false,
    checkers = fenced ? FENCED : ONE_LOST,
  }: { holdMilliseconds?: number; fenced?: boolean; checkers?: readonly Checker[] } = {},
): Scenario {
  return {
    targets: () => FAILOVER,
    ...scenario,
    checkers,
    async story(stage: Stage): Promise<void> {
      const primary = await stage.topology.primary();
      const secondaries = await stage.topology.secondaries();
      if (fenced) stage.writeDirectlyTo(primary);
      const injected = await stage.inject(fault(stage, primary, secondaries));
      await stage.pause(2000);
      await stage.writing();
      await stage.pause(holdMilliseconds);
      await stage.recover(injected);
      await stage.healthy();
    },
  };
}

/** A SECONDARY, chosen by the seed, has a fault: writes go on. */
export function secondaryFails(
  scenario: Omit<Scenario, 'story' | 'checkers'>,
  fault: (stage: Stage, secondary: string, all: { primary: string; others: readonly string[] }) => Fault,
  { holdMilliseconds = 12_000, checkers = ONE_LOST } = {},
): Scenario {
  return {
    targets: () => FAILOVER,
    ...scenario,
    checkers,
    async story(stage: Stage): Promise<void> {
      const primary = await stage.topology.primary();
      const secondaries = await stage.topology.secondaries();
      const secondary = stage.random.pick(secondaries);
      const injected = await stage.inject(fault(stage, secondary, { primary, others: secondaries.filter((name) => name !== secondary) }));
      await stage.pause(holdMilliseconds);
      await stage.writing();
      await stage.recover(injected);
      await stage.healthy();
    },
  };
}
