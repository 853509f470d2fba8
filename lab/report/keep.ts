/** Stores the figures of `make faults`, and updates the tables of the documentation from them. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { measurementsOf, merged, type Circumstances, type Measurement } from './measurements';
import type { Result } from './result';
import { fillTables } from './tables';

const KEPT = 'docs/measurements/faults.json';

/** Markdown files of a checkout that may hold tables, by their path in it. */
export function documents(repository: string): readonly string[] {
  return [
    'README.md',
    ...readdirSync(join(repository, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  ];
}

export function keptMeasurements(repository: string): readonly Measurement[] {
  return JSON.parse(readFileSync(join(repository, KEPT), 'utf8')) as readonly Measurement[];
}

/** @throws if files differ from the commit, because the measurement could not be repeated */
export function keep(repository: string, result: Result): void {
  const all = merged(keptMeasurements(repository), measurementsOf(result, circumstances(repository, result)));
  writeFileSync(join(repository, KEPT), `[\n${all.map((measurement) => `  ${JSON.stringify(measurement)}`).join(',\n')}\n]\n`);
  for (const document of documents(repository)) {
    const file = join(repository, document);
    writeFileSync(file, fillTables(readFileSync(file, 'utf8'), all));
  }
}

function circumstances(repository: string, result: Result): Circumstances {
  const git = (...argv: string[]) => execFileSync('git', argv, { cwd: repository, encoding: 'utf8' }).trim();
  // Only figures that an earlier run has stored may differ
  const changed = git('status', '--porcelain', '--', '.', ':!docs', ':!README.md');
  if (changed !== '') throw new Error(`what was measured is no commit: commit or undo these first\n${changed}`);
  return {
    commit: git('rev-parse', '--short=7', 'HEAD'),
    date: new Date(result.startedAt).toISOString().slice(0, 10),
    machine: `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GB`,
  };
}
