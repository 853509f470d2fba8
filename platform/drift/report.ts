import { printable } from '../ssh/quote';
import { table } from '../table';

/** Something that is not as the last deploy left it, or not as main.ts wants it. */
export interface Difference {
  /** Name of the host; `project` for what belongs to no host. */
  readonly where: string;
  readonly what: string;
  /** A command for the operator's shell, or what to do. */
  readonly remedy: string;
}

/** What one of those that were asked has told. */
export interface Told {
  readonly differences: readonly Difference[];
  /** What could not be asked for, and why; one sentence each. */
  readonly unasked: readonly string[];
}

export interface DriftReport extends Told {
  readonly environment: string;
  /** `unasked`: no difference is known, but not everything could be asked for. */
  readonly verdict: 'none' | 'any' | 'unasked';
}

/** @param told the same difference may be seen by several */
export function judgeDrift(environment: string, told: readonly Told[]): DriftReport {
  const all = told.flatMap((each) => each.differences);
  const differences = [...new Map(all.map((each) => [`${each.where} ${each.what}`, each])).values()];
  const unasked = told.flatMap((each) => each.unasked);
  return { environment, differences, unasked, verdict: differences.length > 0 ? 'any' : unasked.length > 0 ? 'unasked' : 'none' };
}

/** Lines for people. */
export function renderDrift({ environment, differences, unasked }: DriftReport): string[] {
  const rows = differences.map(({ where, what, remedy }) => [where, what, remedy].map(printable));
  return [
    `environment  ${environment}`,
    '',
    ...(differences.length > 0 ? [...table(['where', 'what differs', 'remedy'], rows), ''] : []),
    ...unasked.map((line) => `not asked: ${printable(line)}`),
    ...(differences.length > 0 ? [] : [unasked.length > 0 ? 'Nothing differs of what could be asked for.' : 'Nothing differs.']),
  ];
}
