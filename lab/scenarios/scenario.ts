import type { Checker, Evidence } from '../checkers';
import type { LabHandle } from '../faults';
import type { Target } from '../report/result';
import type { StreamName } from '../traffic';
import type { Stage } from './stage';

export interface Measured extends Target {
  /** undefined: nothing to measure it by. Infinity: never. */
  readonly measure: (evidence: Evidence) => number | undefined;
}

/** One fault, told from beginning to end. Healthy before, clean-up and healthy after are the runner's. */
export interface Scenario {
  /** Begins with the tier: `lb-power-off`. */
  readonly name: string;
  /** Number of the fault in the catalogue of faults; variations of one fault share it. */
  readonly fault?: number;
  readonly title: string;
  /** What happens and what is hoped for, in a sentence or two for a stranger. */
  readonly explanation: string;
  /** @default everything */
  readonly streams?: readonly StreamName[];
  /** What happens, in order. Everything injected is recovered afterwards, whatever comes between. */
  story(stage: Stage): Promise<void>;
  /** Figures with a limit. Others are measured anyway. */
  targets?(lab: LabHandle): readonly Measured[];
  readonly checkers: readonly Checker[];
  /** How long the topology may take to be healthy again, in seconds. @default 180 */
  readonly healthySeconds?: number;
}
