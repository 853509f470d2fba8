import type { Lab } from '../lab';
import { amount, figureText, OUTCOME_WORDS } from '../report/format';
import { runOutcome, type Result, type RunResult, type ScenarioResult } from '../report';
import { now } from '../traffic';
import { commandOf, type Options } from './options';
import { runScenario } from './runner';
import type { Scenario } from './scenario';

export interface CampaignOptions
  extends Pick<Options, 'only' | 'runs' | 'seed' | 'minutes'>, Partial<Pick<Options, 'apiSeconds' | 'answerSeconds'>> {
  readonly lab: Lab;
  readonly scenarios: readonly Scenario[];
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Called after every run with the results so far, so that an interrupted campaign leaves its report. */
  readonly save: (result: Result) => Promise<void>;
}

/** All chosen scenarios, each as often as wanted, one after the other. */
export async function runCampaign({
  lab,
  scenarios,
  runs,
  seed,
  minutes,
  apiSeconds,
  answerSeconds,
  only,
  log,
  signal,
  save,
}: CampaignOptions): Promise<Result> {
  const startedAt = now();
  const done: ScenarioResult[] = [];
  const result = (): Result => ({
    seed,
    command: commandOf({ only, runs, seed, minutes, apiSeconds, answerSeconds }),
    startedAt,
    endedAt: now(),
    addressActionMilliseconds: lab.apiTimes.action,
    answerMilliseconds: lab.apiTimes.answer.to,
    scenarios: done,
  });
  for (const [n, scenario] of scenarios.entries()) {
    const finished: RunResult[] = [];
    for (let run = 1; run <= runs && !signal?.aborted; run += 1) {
      log(`${n + 1}/${scenarios.length} ${scenario.name}, run ${run} of ${runs}: ${scenario.title}`);
      const outcome = await runScenario(scenario, { lab, seed, run, minutes, signal, log: (line) => log(`    ${line}`) });
      finished.push(outcome);
      log(`    ${summaryOf(scenario, lab, outcome)}`);
      outcome.verdict.findings.forEach((finding) => log(`    ${finding.outcome}: ${finding.checker}: ${finding.message}`));
      done.splice(n, 1, scenarioResult(scenario, lab, finished, { seed, runs, minutes, apiSeconds, answerSeconds }));
      await save(result());
    }
  }
  return result();
}

export function scenarioResult(
  scenario: Scenario,
  lab: Lab,
  runs: readonly RunResult[],
  wanted: Pick<Options, 'runs' | 'seed' | 'minutes'> & Partial<Pick<Options, 'apiSeconds' | 'answerSeconds'>>,
): ScenarioResult {
  const { name, title, explanation } = scenario;
  const targets = (scenario.targets?.(lab) ?? []).map(({ figure, unit, max, p95 }) => ({ figure, unit, max, p95 }));
  return {
    name,
    title,
    explanation,
    command: commandOf({ only: name, ...wanted }),
    targets,
    checks: scenario.checkers.map((checker) => checker.name),
    runs,
  };
}

function summaryOf(scenario: Scenario, lab: Lab, run: RunResult): string {
  const { figures, operations } = run;
  const targets = scenario.targets?.(lab) ?? [];
  const measured = targets.map(
    ({ figure, unit, max }) => `${figure} ${figureText(figures[figure] ?? 'unmeasured', unit)} (target ${amount(max, unit)})`,
  );
  return [OUTCOME_WORDS[runOutcome(targets, run)], ...measured, `${operations.length} requests`].join(', ');
}
