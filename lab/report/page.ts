import type { Outcome } from '../checkers';
import { amount, caveats, clockTime, escape, figureText, inWords, OUTCOME_WORDS, targetText } from './format';
import {
  figureRows,
  resultOutcome,
  runOutcome,
  scenarioOutcome,
  type FigureRow,
  type Result,
  type RunResult,
  type ScenarioResult,
} from './result';
import { spread } from './spread';
import { STYLE } from './style';
import { momentsOf, thinned, timeline } from './timeline';

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
  const count = (outcome: Outcome) => result.scenarios.filter((scenario) => scenarioOutcome(scenario) === outcome).length;
  const counts = (['valid', 'invalid', 'unknown'] as const)
    .filter((outcome) => outcome === 'valid' || count(outcome) > 0)
    .map((outcome) => `${count(outcome)} ${OUTCOME_WORDS[outcome]}`);
  const minutes = Math.max(1, Math.round((result.endedAt - result.startedAt) / 60_000));
  return `<h1>What clients see when things break</h1>
<p>${badge(resultOutcome(result))} Of ${result.scenarios.length} ${result.scenarios.length === 1 ? 'scenario' : 'scenarios'}: ${counts.join(', ')}.</p>
<p class="soft">${clockTime(result.startedAt)}, ${minutes} min. The emulated API takes ${amount(result.addressActionMilliseconds, 'ms')} to move the floating IP, and up to ${amount(result.answerMilliseconds, 'ms')} to answer; this is part of the targets.</p>
<p class="soft">All of it again, with the same choices (seed <code>${escape(result.seed)}</code>): <code>${escape(result.command)}</code></p>`;
}

function overview(result: Result): string {
  const rows = result.scenarios.map((scenario) => {
    const figures = figureRows(scenario);
    const shown = figures.filter((row) => row.target);
    const [first] = shown.length > 0 ? shown : figures;
    return `<tr><td>${badge(scenarioOutcome(scenario))}</td><td><a href="#${escape(scenario.name)}">${escape(scenario.title)}</a>${reason(scenario)}</td><td class="number wide">${scenario.runs.length}</td>${first ? overviewCells(first) : '<td colspan="5"></td>'}</tr>`;
  });
  const head =
    '<th></th><th>Scenario</th><th class="number wide">Runs</th><th>Figure</th><th class="number wide">Median</th><th class="number">Max</th><th class="number">Target</th><th class="wide">From 0, a dot a run; the bar is the target</th>';
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** The first thing that was not in order; figures over their target show by themselves. */
function reason({ runs }: ScenarioResult): string {
  const [first] = runs.flatMap(({ run, verdict }) => verdict.findings.map(({ message }) => `run ${run}: ${message}`));
  return first === undefined ? '' : `<br><span class="soft">${escape(first.length > 160 ? `${first.slice(0, 160)}…` : first)}</span>`;
}

function overviewCells(row: FigureRow): string {
  const number = (value: number | undefined) => (value === undefined ? '–' : amount(value, row.unit));
  return `<td>${escape(row.figure)}</td><td class="number wide">${number(row.summary?.median)}</td><td class="number">${number(row.summary?.max)}</td><td class="number">${targetCell(row)}</td><td class="wide">${spread(row.values, row.unit, row.target)}</td>`;
}

function targetCell({ target }: FigureRow): string {
  return targetText(target).replace(', ', ',<br>');
}

function howToRead(): string {
  return `<h3>How to read the pictures</h3>
<p class="soft">Real clients talk HTTPS to the floating IP all the time. Each dot is one request: its place says when it began (0 s is the moment of the fault) and, upwards, how long it took until it was answered or given up.
Red boxes are outages (from the start of the first failed request to the end of the first that succeeded) and times in which no write was acknowledged. Below them: who held the address, and who played which role.
Lines with numbers are the moments of the story, told below each picture: red for what breaks, green for what is put right.</p>
<div class="legend"><span><i class="acknowledged"></i>succeeded</span><span><i class="failed"></i>failed</span><span><i class="unknown"></i>no answer: it may have been done or not</span>
<span><i class="leads"></i>MASTER or PRIMARY</span><span><i class="follows"></i>BACKUP or SECONDARY</span><span><i class="trouble"></i>another state</span><span><i class="nobody" style="border:1px dashed"></i>no answer</span></div>
<p class="soft"><b>passed</b>: every check held in every run, and every figure is within its target. <b>failed</b>: something happened that must not, or a figure is over its target. <b>unknown</b>: too little was seen to say; that is no pass.</p>`;
}

function section(scenario: ScenarioResult): string {
  const outcome = scenarioOutcome(scenario);
  // Opens the most telling run: the first that is not in order, else the first.
  const shown = scenario.runs.find((run) => runOutcome(scenario.targets, run) !== 'valid') ?? scenario.runs[0];
  return `<section id="${escape(scenario.name)}"><header>${badge(outcome)}<h2>${escape(scenario.title)}</h2></header>
<p>${escape(scenario.explanation)}</p>
<p class="soft">Again: <code>${escape(scenario.command)}</code></p>
${figureTable(scenario)}
${scenario.checks.length > 0 ? `<p class="soft">Checked in every run: ${scenario.checks.map((name) => escape(inWords(name))).join('; ')}.</p>` : ''}
${scenario.runs.map((run) => runBlock(scenario, run, run === shown)).join('\n')}
</section>`;
}

function figureTable(scenario: ScenarioResult): string {
  const rows = figureRows(scenario).map((row) => {
    const cells = (['min', 'median', 'p95', 'max'] as const).map(
      (name) => `<td class="number">${row.summary ? amount(row.summary[name], row.unit) : '–'}</td>`,
    );
    const note = caveats(row);
    return `<tr><td>${escape(row.figure)}${note ? ` <span class="soft">(${note})</span>` : ''}</td>${cells.join('')}<td class="number">${targetCell(row)}</td><td class="wide">${spread(row.values, row.unit, row.target)}</td><td>${row.outcome ? badge(row.outcome) : ''}</td></tr>`;
  });
  const runs = `${scenario.runs.length} ${scenario.runs.length === 1 ? 'run' : 'runs'}`;
  const head = `<th>Figure, over ${runs}</th><th class="number">Min</th><th class="number">Median</th><th class="number">95 %</th><th class="number">Max</th><th class="number">Target</th><th class="wide"></th><th></th>`;
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function runBlock(scenario: ScenarioResult, run: RunResult, open: boolean): string {
  const figures = scenario.targets.map(({ figure, unit }) => `${escape(figure)} ${figureText(run.figures[figure] ?? 'unmeasured', unit)}`);
  const findings = run.verdict.findings.map(
    (finding) => `<li class="${finding.outcome}"><b>${escape(inWords(finding.checker))}</b>: ${escape(finding.message)}</li>`,
  );
  const moments = momentsOf(run).map(({ number, at, mark }) => `<li><b class="${mark.kind}">${number}</b>${at} ${escape(mark.text)}</li>`);
  const picture = run.operations.length > 0 ? `<div class="scroll">${timeline(run)}</div>` : '<p class="soft">Nothing was measured.</p>';
  const note = thinned(run);
  return `<details${open ? ' open' : ''}><summary>${badge(runOutcome(scenario.targets, run))} Run ${run.run}${figures.length > 0 ? `: ${figures.join(', ')}` : ''} <span class="soft">(${run.operations.length} requests)</span></summary>
${findings.length > 0 ? `<ul class="findings">${findings.join('')}</ul>` : ''}${picture}${note ? `<p class="soft">${note}</p>` : ''}<ol class="moments">${moments.join('')}</ol></details>`;
}

function badge(outcome: Outcome): string {
  return `<span class="verdict ${outcome}">${OUTCOME_WORDS[outcome]}</span>`;
}
