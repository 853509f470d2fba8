import { amount, caveats, OUTCOME_WORDS, targetText } from './format';
import { figureRows, scenarioOutcome, type Result } from './result';

const HEADER = ['scenario', 'verdict', 'runs', 'figure', 'min', 'median', '95 %', 'max', 'target'] as const;

/** The table at the end of a run: one line for each figure that has a target, at least one for each scenario. */
export function table(result: Pick<Result, 'scenarios'>): string {
  const rows = result.scenarios.flatMap((scenario) => {
    const withTarget = figureRows(scenario).filter((row) => row.target);
    const head = [scenario.name, OUTCOME_WORDS[scenarioOutcome(scenario)], String(scenario.runs.length)];
    if (withTarget.length === 0) return [[...head, '', '', '', '', '', '']];
    return withTarget.map((row, n) => {
      const numbers = (['min', 'median', 'p95', 'max'] as const).map((name) => (row.summary ? amount(row.summary[name], row.unit) : '-'));
      const note = caveats(row);
      return [...(n === 0 ? head : ['', '', '']), row.figure, ...numbers, `${targetText(row.target)}${note ? ` (${note})` : ''}`];
    });
  });
  return aligned([[...HEADER], ...rows]);
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
