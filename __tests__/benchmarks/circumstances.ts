/** Where and of what a benchmark measures: kept beside its figures. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, totalmem } from 'node:os';

export interface Circumstances {
  readonly commit: string;
  /** 2026-11-30 */
  readonly date: string;
  /** `AMD EPYC, 2 cores, 24 GB`, and what ran there. */
  readonly machine: string;
}

/** @param programs what else ran, with its version: `HAProxy 3.0` */
export function circumstances(...programs: readonly string[]): Circumstances {
  return {
    commit: execFileSync('git', ['rev-parse', '--short=7', 'HEAD'], { encoding: 'utf8' }).trim(),
    date: new Date().toISOString().slice(0, 10),
    machine: [
      cpus()[0]?.model.trim() ?? 'unknown processor',
      `${availableParallelism()} cores`,
      `${Math.round(totalmem() / 2 ** 30)} GB`,
      ...programs,
    ].join(', '),
  };
}

/** @throws if files differ from the commit, since nobody could measure the same again */
export function requireCommitted(): void {
  const changed = execFileSync('git', ['status', '--porcelain', '--', '.', ':!docs', ':!README.md'], { encoding: 'utf8' }).trim();
  if (changed !== '') throw new Error(`what is measured is no commit: commit or undo these first\n${changed}`);
}
