import { amount } from './format';
import type { Measurement } from './measurements';

/** `<!-- measured: lb-power-off, db -->` to `<!-- end -->`; the names are scenarios, or beginnings of their names. */
const TABLE = /(<!-- measured: ([a-z0-9, -]+) -->\n)[\s\S]*?(<!-- end -->)/g;

const HEADER = ['what breaks', 'figure', 'median', 'longest', 'runs', 'target', 'L', 'commit'];

/** Fills each table of the Markdown from the measurements. @throws if a table names a scenario that was never measured */
export function fillTables(markdown: string, measurements: readonly Measurement[]): string {
  return markdown.replace(TABLE, (_, begin: string, names: string, end: string) => `${begin}${tableOf(chosen(names, measurements))}${end}`);
}

function chosen(names: string, measurements: readonly Measurement[]): readonly Measurement[] {
  return names
    .split(',')
    .map((name) => name.trim())
    .flatMap((name) => {
      const found = measurements.filter(({ scenario }) => scenario === name || scenario.startsWith(`${name}-`));
      if (found.length === 0)
        throw new Error(`a table names ${name}, which was never measured; measure it by: make faults ONLY=${name} RUNS=5 KEEP=1`);
      return found;
    });
}

function tableOf(measurements: readonly Measurement[]): string {
  const rows = measurements.map(({ title, figure, unit, median, longest, runs, target, actionSeconds, answerSeconds, commit }) => [
    title,
    figure,
    amount(median, unit),
    amount(longest, unit),
    String(runs),
    amount(target, unit),
    `${actionSeconds} s${answerSeconds === undefined ? '' : `, answers ${answerSeconds} s`}`,
    commit,
  ]);
  return [HEADER, HEADER.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
