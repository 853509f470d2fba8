import { expect } from 'vitest';
import type { Lab } from '../../lab/lab';
import type { RunResult } from '../../lab/report/result';
import { runScenario, WATCHED, type Scenario } from '../../lab/scenarios';

const SEED = 'end-to-end';

/**
 * Runs the scenario once: no checker may find anything, and each figure that has a target must be there.
 * @param longestOutage in milliseconds, where the scenario has a target for the outage; `make faults` measures how fast it is
 */
export async function judge(lab: Lab, scenario: Scenario, longestOutage = Infinity): Promise<RunResult> {
  const { name } = scenario;
  const started = performance.now();
  const log = (line: string) => console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  const run = await runScenario(scenario, { lab, seed: SEED, run: 1, log });
  const limited = (scenario.targets?.(lab) ?? []).map(({ figure }) => [figure, run.figures[figure]] as const);
  console.log(
    `${name}: ${run.verdict.outcome}, ${limited.map(([figure, value]) => `${figure} ${value}`).join(', ')}, ${run.operations.length} requests`,
  );
  const findings = run.verdict.findings.filter(({ checker }) => checker !== WATCHED.name);
  // One line each: a diff of objects would be cut short in the report
  if (findings.length > 0) expect.fail(findings.map(({ checker, outcome, message }) => `${checker}: ${outcome}, ${message}`).join('\n'));
  for (const [figure, value] of limited) {
    expect(value, figure).toBeTypeOf('number');
    if (figure === 'outage') expect(value).toBeLessThan(longestOutage);
  }
  return run;
}
