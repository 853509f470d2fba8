import { beforeAll, expect, test } from 'vitest';
import type { LabHandle } from '../../lab/faults';
import { openLab } from '../../lab/lab';
import { WATCHED, openHandle, runScenario, SCENARIOS, select, type Scenario } from '../../lab/scenarios';

/** A second kind of the same fault, or too long for each round: these wait for `make test-all`. */
const LONG = [
  'lb-keepalived-stopped',
  'lb-api-server-error',
  'web-nginx-frozen',
  'web-power-off',
  'app-power-off',
  'db-primary-power-off',
  'db-primary-disk-full',
  'db-all-killed-one-missing',
  'db-replaced',
  'db-killed-twice',
  'all-private-late',
  'all-random',
];
/** Each other fault of the catalogue, once. */
const CHOSEN = SCENARIOS.filter(({ name, fault }) => fault !== undefined && (process.env['TEST_SIZE'] === 'all' || !LONG.includes(name)));
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
test.each(CHOSEN.map((scenario) => [scenario.name, scenario] as const))('%s', (_, scenario) =>
  judge(scenario, LONGEST_OUTAGE_MILLISECONDS),
);

test('an API that takes 10 s to move an address and 2 s to answer: lb-power-off', async () => {
  const emulator = await openLab();
  await emulator.setApiTimes({ action: 10_000, answer: { from: 1500, to: 2000 } });
  try {
    lab = await openHandle();
    await judge(select('lb-power-off')[0]!, LONGEST_OUTAGE_MILLISECONDS + 12_000);
  } finally {
    await emulator.setApiTimes(emulator.apiTimes);
  }
});

async function judge(scenario: Scenario, longestOutage: number): Promise<void> {
  const { name } = scenario;
  const run = await runScenario(scenario, { lab, seed: SEED, run: 1, log: (line) => console.log(line) });
  const limited = (scenario.targets?.(lab) ?? []).map(({ figure }) => [figure, run.figures[figure]] as const);
  console.log(
    `${name}: ${run.verdict.outcome}, ${limited.map(([figure, value]) => `${figure} ${value}`).join(', ')}, ${run.operations.length} requests`,
  );
  expect(run.verdict.findings.filter(({ checker }) => checker !== WATCHED.name)).toEqual([]);
  for (const [figure, value] of limited) {
    expect(value, figure).toBeTypeOf('number');
    if (figure === 'outage') expect(value).toBeLessThan(longestOutage);
  }
}
