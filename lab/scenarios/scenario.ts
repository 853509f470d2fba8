import type { Checker, Evidence } from '../checkers';
import type { Lab } from '../lab';
import type { Target } from '../report/result';
import type { StreamName } from '../traffic';
import type { Stage } from './stage';

export interface Measured extends Target {
  /** undefined: could not be measured. Infinity: never. */
  readonly measure: (evidence: Evidence) => number | undefined;
}

/** One fault from beginning to end. The runner checks health before and after, and cleans up. */
export interface Scenario {
  /** Begins with the tier: `lb-power-off`. */
  readonly name: string;
  /** Number of the fault in the catalogue of faults; variations of one fault share it. */
  readonly fault?: number;
  readonly title: string;
  /** What happens and what should happen, in a sentence or two for a reader who does not know the project. */
  readonly explanation: string;
  /** @default everything */
  readonly streams?: readonly StreamName[];
  /** Share of the usual rates of requests, where the work of a deploy needs the processors more. @default 1 */
  readonly rate?: number;
  /** The steps in order. Every injected fault is recovered afterwards, also after an error. */
  story(stage: Stage): Promise<void>;
  /** Figures with a limit. Others are measured anyway. */
  targets?(lab: Lab): readonly Measured[];
  readonly checkers: readonly Checker[];
  /** How long the topology may take to be healthy again, in seconds. @default 180 */
  readonly healthySeconds?: number;
}
