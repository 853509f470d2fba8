import type { Evidence } from './history';

/** `unknown`: too little was observed to judge; it never counts as a pass. */
export type Outcome = 'valid' | 'invalid' | 'unknown';

export interface Finding {
  readonly checker: string;
  readonly outcome: 'invalid' | 'unknown';
  readonly message: string;
  /** When it happened, milliseconds since the epoch. */
  readonly at?: number;
}

export interface Verdict {
  readonly outcome: Outcome;
  readonly findings: readonly Finding[];
}

export interface Checker {
  readonly name: string;
  /** Pure: the same evidence gives the same findings. No finding means that everything was checked and is in order. */
  readonly check: (evidence: Evidence) => readonly Finding[];
}

const RANK: Record<Outcome, number> = { valid: 0, unknown: 1, invalid: 2 };

export function worst(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce<Outcome>((a, b) => (RANK[b] > RANK[a] ? b : a), 'valid');
}

/** The verdict of all checkers together; unknown without a checker or without an operation. */
export function check(evidence: Evidence, checkers: readonly Checker[]): Verdict {
  if (checkers.length === 0) return unknown('check', 'no checker was given, so nothing was checked');
  if (evidence.operations.length === 0) return unknown('check', 'the history is empty, so nothing was checked');
  const findings = checkers.flatMap((checker) => checker.check(evidence));
  return { outcome: worst(findings.map((finding) => finding.outcome)), findings };
}

export function invalid(checker: string, message: string, at?: number): Finding {
  return { checker, outcome: 'invalid', message, at };
}

export function unsure(checker: string, message: string, at?: number): Finding {
  return { checker, outcome: 'unknown', message, at };
}

function unknown(checker: string, message: string): Verdict {
  return { outcome: 'unknown', findings: [unsure(checker, message)] };
}
