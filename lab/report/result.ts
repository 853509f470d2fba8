import type { Mark, MemberRows, Observation, Operation, Outcome, Summary, Verdict } from '../checkers';
import { summarise, worst } from '../checkers';

/**
 * `never`: it did not end before the history did. `unmeasured`: the history did not allow to measure it. Numbers are in the target's
 * unit.
 */
export type Figure = number | 'never' | 'unmeasured';

export interface Target {
  /** Name of the figure it limits: `outage`, `write gap`. */
  readonly figure: string;
  readonly unit: 'ms' | 'count';
  /** No run may exceed it. */
  readonly max: number;
  /** 95 % of the runs stay within it. */
  readonly p95?: number;
}

export interface RunResult {
  /** From 1. */
  readonly run: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly verdict: Verdict;
  readonly figures: Readonly<Record<string, Figure>>;
  readonly marks: readonly Mark[];
  readonly observations: readonly Observation[];
  readonly operations: readonly Operation[];
  readonly members?: readonly MemberRows[];
}

export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  /** What happens and what should happen, for readers who do not know the project. */
  readonly explanation: string;
  /** Repeats exactly these runs. */
  readonly command: string;
  readonly targets: readonly Target[];
  /** Names of the checkers that judged every run, in addition to the targets. */
  readonly checks: readonly string[];
  readonly runs: readonly RunResult[];
}

export interface Result {
  readonly seed: string;
  readonly command: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** How long the emulated API takes to move the floating IP: the L in the targets. */
  readonly addressActionMilliseconds: number;
  /** How long it takes at most to answer. */
  readonly answerMilliseconds: number;
  readonly scenarios: readonly ScenarioResult[];
}

export interface FigureRow {
  readonly figure: string;
  readonly unit: Target['unit'];
  readonly target?: Target;
  /** Of the runs that gave a number. */
  readonly summary?: Summary;
  /** One a run, in their order. */
  readonly values: readonly Figure[];
  readonly never: number;
  readonly unmeasured: number;
  /** undefined: no target, the figure is for information. */
  readonly outcome?: Outcome;
}

/** One row for each figure: those with a target first, in the order of the targets. */
export function figureRows(scenario: ScenarioResult): FigureRow[] {
  const names = new Set([...scenario.targets.map((target) => target.figure), ...scenario.runs.flatMap((run) => Object.keys(run.figures))]);
  return [...names].map((figure) => {
    const target = scenario.targets.find((candidate) => candidate.figure === figure);
    const values = scenario.runs.map((run) => run.figures[figure] ?? 'unmeasured');
    const summary = summarise(values.filter((value) => typeof value === 'number'));
    const never = values.filter((value) => value === 'never').length;
    const unmeasured = values.filter((value) => value === 'unmeasured').length;
    return {
      figure,
      unit: target?.unit ?? 'ms',
      target,
      summary,
      values,
      never,
      unmeasured,
      outcome: target && judge(target, summary, never, unmeasured),
    };
  });
}

function judge(target: Target, summary: Summary | undefined, never: number, unmeasured: number): Outcome {
  if (never > 0) return 'invalid';
  if (summary && (summary.max > target.max || (target.p95 !== undefined && summary.p95 > target.p95))) return 'invalid';
  return unmeasured > 0 || !summary ? 'unknown' : 'valid';
}

/** A run by itself: its verdict, and its figures against the limits that hold for each run. */
export function runOutcome(targets: readonly Target[], run: RunResult): Outcome {
  const measured = targets.map(({ figure, max }): Outcome => {
    const value = run.figures[figure] ?? 'unmeasured';
    if (value === 'unmeasured') return 'unknown';
    return value === 'never' || value > max ? 'invalid' : 'valid';
  });
  return worst([run.verdict.outcome, ...measured]);
}

/** The verdict of checkers and targets together. A scenario without a run is unknown. */
export function scenarioOutcome(scenario: ScenarioResult): Outcome {
  if (scenario.runs.length === 0) return 'unknown';
  return worst([...scenario.runs.map((run) => run.verdict.outcome), ...figureRows(scenario).flatMap((row) => row.outcome ?? [])]);
}

export function resultOutcome(result: Pick<Result, 'scenarios'>): Outcome {
  return result.scenarios.length === 0 ? 'unknown' : worst(result.scenarios.map(scenarioOutcome));
}

export function figureOf(value: number | undefined): Figure {
  if (value === undefined || Number.isNaN(value)) return 'unmeasured';
  return value === Infinity ? 'never' : Math.round(value * 10) / 10;
}
