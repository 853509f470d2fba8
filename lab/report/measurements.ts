import { figureRows, type Result, type Target } from './result';

/** One figure of one scenario, as `docs/measurements/faults.json` keeps it. Times are in milliseconds. */
export interface Measurement {
  readonly scenario: string;
  readonly title: string;
  readonly figure: string;
  readonly unit: Target['unit'];
  readonly runs: number;
  readonly median: number;
  readonly longest: number;
  /** No run may exceed it. */
  readonly target: number;
  /** How long the emulated API took for each action, in seconds: the L of the targets. */
  readonly actionSeconds: number;
  /** How long it took at most for each answer, in seconds. @default 0 */
  readonly answerSeconds?: number;
  readonly commit: string;
  /** 2026-11-30 */
  readonly date: string;
  /** `2 cores, 24 GB`, with the processor's name. */
  readonly machine: string;
}

export type Circumstances = Pick<Measurement, 'commit' | 'date' | 'machine'>;

/** Of each figure that has a target and a number from every run. */
export function measurementsOf(result: Result, circumstances: Circumstances): readonly Measurement[] {
  return result.scenarios.flatMap((scenario) =>
    figureRows(scenario).flatMap(({ figure, unit, target, summary }): Measurement[] => {
      if (!target || !summary || summary.count !== scenario.runs.length) return [];
      return [
        {
          scenario: scenario.name,
          title: scenario.title,
          figure,
          unit,
          runs: summary.count,
          median: summary.median,
          longest: summary.max,
          target: target.max,
          actionSeconds: result.addressActionMilliseconds / 1000,
          ...(result.answerMilliseconds > 0 && { answerSeconds: result.answerMilliseconds / 1000 }),
          ...circumstances,
        },
      ];
    }),
  );
}

const keyOf = ({ scenario, figure, actionSeconds, answerSeconds = 0 }: Measurement) =>
  `${scenario} ${figure} ${actionSeconds} ${answerSeconds}`;

/** Newer ones take the place of those of the same figure; the order is that of scenario, figure, L and answers. */
export function merged(kept: readonly Measurement[], fresh: readonly Measurement[]): readonly Measurement[] {
  const all = new Map([...kept, ...fresh].map((measurement) => [keyOf(measurement), measurement]));
  return [...all.values()].sort(
    (a, b) =>
      a.scenario.localeCompare(b.scenario) ||
      a.figure.localeCompare(b.figure) ||
      a.actionSeconds - b.actionSeconds ||
      (a.answerSeconds ?? 0) - (b.answerSeconds ?? 0),
  );
}
