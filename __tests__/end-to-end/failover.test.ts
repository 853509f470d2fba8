import { beforeAll, expect, test } from 'vitest';
import type { LabHandle } from '../../lab/faults';
import { WATCHED, openHandle, runScenario, SCENARIOS } from '../../lab/scenarios';

/**
 * One run each: whether it works, judged by clients and data. How fast it is over several runs is what `make faults`
 * measures; whether the clients could keep up for that does not matter here.
 */
/** Minutes of chance or of load tell something by the hour only: `make faults ONLY=all-random MINUTES=60`. */
const SOAKS = ['all-random', 'all-busy'];
const LONGEST_OUTAGE_MILLISECONDS = 15_000;
const SEED = 'end-to-end';

let lab: LabHandle;

beforeAll(async () => {
  lab = await openHandle();
});

test.each(SCENARIOS.filter(({ name }) => !SOAKS.includes(name)).map((scenario) => [scenario.name, scenario] as const))('%s', async (name, scenario) => {
  const run = await runScenario(scenario, { lab, seed: SEED, run: 1, log: (line) => console.log(line) });
  const limited = (scenario.targets?.(lab) ?? []).map(({ figure }) => [figure, run.figures[figure]] as const);
  console.log(`${name}: ${run.verdict.outcome}, ${limited.map(([figure, value]) => `${figure} ${value}`).join(', ')}, ${run.operations.length} requests`);
  expect(run.verdict.findings.filter(({ checker }) => checker !== WATCHED.name)).toEqual([]);
  for (const [figure, value] of limited) {
    expect(value, figure).toBeTypeOf('number');
    if (figure === 'outage') expect(value).toBeLessThan(LONGEST_OUTAGE_MILLISECONDS);
  }
});
