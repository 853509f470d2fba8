import { beforeAll, expect, test } from 'vitest';
import type { LabHandle } from '../../lab/faults';
import { openHandle, runScenario, select } from '../../lab/scenarios';

/** One run each: whether it works. How fast it is over several runs is what `make faults` measures. */
const LONGEST_OUTAGE_MILLISECONDS = 15_000;
const SEED = 'end-to-end';

let lab: LabHandle;

beforeAll(async () => {
  lab = await openHandle();
});

test.each([
  ['lb-power-off', 'outage'],
  ['db-primary-power-off', 'write gap'],
])('%s: service is back within 15 s, and no acknowledged write is missing', async (name, figure) => {
  const [scenario] = select(name);
  const run = await runScenario(scenario!, { lab, seed: SEED, run: 1, log: (line) => console.log(line) });
  console.log(`${name}: ${figure} ${(Number(run.figures[figure]) / 1000).toFixed(2)} s, ${run.operations.length} requests`);
  expect(run.verdict).toEqual({ outcome: 'valid', findings: [] });
  expect(run.figures[figure]).toBeTypeOf('number');
  expect(run.figures[figure]).toBeLessThan(LONGEST_OUTAGE_MILLISECONDS);
});
