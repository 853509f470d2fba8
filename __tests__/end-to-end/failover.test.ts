import { beforeAll, expect, test } from 'vitest';
import type { LabHandle } from '../../lab/faults';
import { WATCHED, openHandle, runScenario, SCENARIOS } from '../../lab/scenarios';

const OF_OTHER_TIERS = ['web-all-down', 'app-slow', 'db-primary-killed', 'db-primary-power-off', 'db-primary-isolated', 'db-secondary-killed'];
/** All of the load balancers but fifty deploys of a certificate, and of the other tiers one for each kind of loss. The rest is run by `make faults`. */
const CHOSEN = SCENARIOS.filter(({ name }) => (name.startsWith('lb-') && name !== 'lb-certificate-change') || OF_OTHER_TIERS.includes(name));
const LONGEST_OUTAGE_MILLISECONDS = 15_000;
const SEED = 'end-to-end';

let lab: LabHandle;

beforeAll(async () => {
  lab = await openHandle();
});

/**
 * One run each: whether it works, judged by clients and data. How fast it is over several runs is what `make faults`
 * measures; whether the clients could keep up for that does not matter here.
 */
test.each(CHOSEN.map((scenario) => [scenario.name, scenario] as const))('%s', async (name, scenario) => {
  const run = await runScenario(scenario, { lab, seed: SEED, run: 1, log: (line) => console.log(line) });
  const limited = (scenario.targets?.(lab) ?? []).map(({ figure }) => [figure, run.figures[figure]] as const);
  console.log(`${name}: ${run.verdict.outcome}, ${limited.map(([figure, value]) => `${figure} ${value}`).join(', ')}, ${run.operations.length} requests`);
  expect(run.verdict.findings.filter(({ checker }) => checker !== WATCHED.name)).toEqual([]);
  for (const [figure, value] of limited) {
    expect(value, figure).toBeTypeOf('number');
    if (figure === 'outage') expect(value).toBeLessThan(LONGEST_OUTAGE_MILLISECONDS);
  }
});
