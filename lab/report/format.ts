import type { Outcome } from '../checkers';
import type { Figure, FigureRow, Target } from './result';

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

/** 1234 ms read as `1.23 s`, 87 ms as `87 ms`. */
export function duration(milliseconds: number): string {
  if (Math.abs(milliseconds) < 100) return `${Math.round(milliseconds)} ms`;
  return `${(milliseconds / 1000).toFixed(Math.abs(milliseconds) < 10_000 ? 2 : 1)} s`;
}

export function amount(value: number, unit: Target['unit']): string {
  return unit === 'ms' ? duration(value) : String(Math.round(value));
}

export function figureText(value: Figure, unit: Target['unit']): string {
  if (value === 'never') return 'never ended';
  return value === 'unmeasured' ? 'not measured' : amount(value, unit);
}

/** `noFailedRequest(get, read)` reads as `no failed request (get, read)`. */
export function inWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace('(', ' (');
}

/** `≤ 2.20 s`, `≤ 9.00 s, 95 % ≤ 7.50 s`; empty without a target. */
export function targetText(target: Target | undefined): string {
  if (!target) return '';
  const most = `≤ ${amount(target.max, target.unit)}`;
  return target.p95 === undefined ? most : `${most}, 95 % ≤ ${amount(target.p95, target.unit)}`;
}

/** The part that the summary leaves out. */
export function caveats({ never, unmeasured }: FigureRow): string {
  return [never > 0 ? `never ended in ${never}` : '', unmeasured > 0 ? `not measured in ${unmeasured}` : '']
    .filter((text) => text !== '')
    .join(', ');
}

/** Verdict as the page prints it: a run can be in order and still too slow. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = { valid: 'passed', invalid: 'failed', unknown: 'unknown' };

export function clockTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
