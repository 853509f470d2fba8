import type { Outcome } from '../checkers';
import { amount, caveats, clockTime, escape, figureText, OUTCOME_WORDS, targetText } from './format';
import { figureRows, resultOutcome, runOutcome, scenarioOutcome, type FigureRow, type Result, type RunResult, type ScenarioResult } from './result';
import { STYLE } from './style';
import { momentsOf, timeline } from './timeline';

/** One HTML page with everything in it. */
export function page(result: Result): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fault scenarios: ${OUTCOME_WORDS[resultOutcome(result)]}</title><style>${STYLE}</style></head><body>
${heading(result)}
${overview(result)}
${howToRead()}
${result.scenarios.map(section).join('\n')}
</body></html>
`;
}

function heading(result: Result): string {
  const passed = result.scenarios.filter((scenario) => scenarioOutcome(scenario) === 'valid').length;
  const minutes = Math.max(1, Math.round((result.endedAt - result.startedAt) / 60_000));
  return `<h1>What clients see when things break</h1>
<p>${badge(resultOutcome(result))} ${passed} of ${result.scenarios.length} scenarios passed. Passing takes that every check held in every run, and that every figure is within its target.</p>
<p class="soft">${clockTime(result.startedAt)}, ${minutes} min. The emulated API takes ${amount(result.addressActionMilliseconds, 'ms')} to move the floating IP; this is part of the targets.
Seed <code>${escape(result.seed)}</code>. All of it again: <code>${escape(result.command)}</code></p>`;
}

function overview(result: Result): string {
  const rows = result.scenarios.map((scenario) => {
    const figures = figureRows(scenario);
    const shown = figures.filter((row) => row.target);
    const [first] = shown.length > 0 ? shown : figures;
    return `<tr><td>${badge(scenarioOutcome(scenario))}</td><td><a href="#${escape(scenario.name)}">${escape(scenario.title)}</a></td><td class="number">${scenario.runs.length}</td>${first ? overviewCells(first) : '<td colspan="4"></td>'}</tr>`;
  });
  return `<table><thead><tr><th></th><th>Scenario</th><th class="number">Runs</th><th>Figure</th><th class="number">Median</th><th class="number">Max</th><th class="number">Target</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function overviewCells(row: FigureRow): string {
  const number = (value: number | undefined) => `<td class="number">${value === undefined ? '–' : amount(value, row.unit)}</td>`;
  return `<td>${escape(row.figure)}</td>${number(row.summary?.median)}${number(row.summary?.max)}<td class="number">${targetText(row.target)}</td>`;
}

function howToRead(): string {
  return `<h3>How to read the pictures</h3>
<p class="soft">Real clients talk HTTPS to the floating IP all the time. Each dot is one request: its place says when it began (0 s is the moment of the fault) and, upwards, how long it took.
Red boxes are outages (from the first failed request to the first that succeeded) and times in which no write was acknowledged. Below them: who held the address, and who played which role.</p>
<div class="legend"><span><i class="acknowledged"></i>succeeded</span><span><i class="failed"></i>failed</span><span><i class="unknown"></i>no answer: it may have been done or not</span>
<span><i class="leads"></i>MASTER or PRIMARY</span><span><i class="follows"></i>BACKUP or SECONDARY</span><span><i class="trouble"></i>another state</span><span><i class="nobody" style="border:1px dashed"></i>no answer</span></div>
<p class="soft"><b>passed</b>: checked and in order. <b>failed</b>: something happened that must not, or a figure is over its target. <b>unknown</b>: too little was seen to say; that is no pass.</p>`;
}

function section(scenario: ScenarioResult): string {
  const outcome = scenarioOutcome(scenario);
  // The run that says most comes first and open: the first that is not in order, or simply the first.
  const shown = scenario.runs.find((run) => runOutcome(scenario.targets, run) !== 'valid') ?? scenario.runs[0];
  return `<section id="${escape(scenario.name)}"><header>${badge(outcome)}<h2>${escape(scenario.title)}</h2></header>
<p>${escape(scenario.explanation)}</p>
${figureTable(scenario)}
${scenario.runs.map((run) => runBlock(scenario, run, run === shown)).join('\n')}
<p class="soft">Again: <code>${escape(scenario.command)}</code></p></section>`;
}

function figureTable(scenario: ScenarioResult): string {
  const rows = figureRows(scenario).map((row) => {
    const cells = (['min', 'median', 'p95', 'max'] as const).map((name) => `<td class="number">${row.summary ? amount(row.summary[name], row.unit) : '–'}</td>`);
    const note = caveats(row);
    return `<tr><td>${escape(row.figure)}${note ? ` <span class="soft">(${note})</span>` : ''}</td>${cells.join('')}<td class="number">${targetText(row.target)}</td><td>${row.outcome ? badge(row.outcome) : ''}</td></tr>`;
  });
  return `<table><thead><tr><th>Figure, over ${scenario.runs.length} runs</th><th class="number">Min</th><th class="number">Median</th><th class="number">95 %</th><th class="number">Max</th><th class="number">Target</th><th></th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function runBlock(scenario: ScenarioResult, run: RunResult, open: boolean): string {
  const figures = scenario.targets.map(({ figure, unit }) => `${escape(figure)} ${figureText(run.figures[figure] ?? 'unmeasured', unit)}`);
  const findings = run.verdict.findings.map((finding) => `<li class="${finding.outcome}"><b>${escape(finding.checker)}</b>: ${escape(finding.message)}</li>`);
  const moments = momentsOf(run).map(({ number, at, mark }) => `<li><b class="${mark.kind}">${number}</b>${at} ${escape(mark.text)}</li>`);
  const picture = run.operations.length > 0 ? timeline(run) : '<p class="soft">Nothing was measured.</p>';
  return `<details${open ? ' open' : ''}><summary>${badge(runOutcome(scenario.targets, run))} Run ${run.run}${figures.length > 0 ? `: ${figures.join(', ')}` : ''} <span class="soft">(${run.operations.length} requests)</span></summary>
${findings.length > 0 ? `<ul class="findings">${findings.join('')}</ul>` : ''}${picture}<ol class="moments">${moments.join('')}</ol></details>`;
}

function badge(outcome: Outcome): string {
  return `<span class="verdict ${outcome}">${OUTCOME_WORDS[outcome]}</span>`;
}
