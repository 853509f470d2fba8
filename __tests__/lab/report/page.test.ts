import { mkdtemp, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { page, table, writeReport } from '../../../lab/report';
import { spread } from '../../../lab/report/spread';
import { sampleResult, sampleRun, sampleScenario } from './sample';

const failing = sampleScenario({ name: 'db-killed', title: 'A <bad> day', runs: [sampleRun(1, 1000), sampleRun(2, 3000, 'invalid')] });

test('the page loads nothing from elsewhere', () => {
  const html = page(sampleResult());
  expect(html).not.toMatch(/<script|<link|src=|@import|url\(|https?:\/\//);
});

test('foreign text cannot break the page', () => {
  const html = page(sampleResult([failing]));
  expect(html).toContain('A &#60;bad&#62; day');
  expect(html).toContain('write &#60;failed&#62; after 30000 ms');
});

test('the page says how to repeat the whole and each scenario', () => {
  const html = page(sampleResult());
  expect(html).toContain('<code>make faults RUNS=3 SEED=tulip</code>');
  expect(html).toContain('<code>make faults ONLY=lb-power-off RUNS=3 SEED=tulip</code>');
});

test('the run that is not in order is open', () => {
  const open = [...page(sampleResult([failing])).matchAll(/<details( open)?>.*?Run (\d)/g)].map(([, isOpen, run]) => [
    run,
    isOpen !== undefined,
  ]);
  expect(open).toEqual([
    ['1', false],
    ['2', true],
  ]);
});

test('each scenario lists its checkers in words', () => {
  expect(page(sampleResult())).toContain('Checked in every run: no acknowledged write lost; no failed request (write, read).');
});

test('the overview says why a scenario is not in order', () => {
  const [overview] = page(sampleResult([failing])).split('How to read');
  expect(overview).toContain('run 2: write &#60;failed&#62; after 30000 ms');
});

test('every run is a dot beside the limit, and one over the limit is marked', () => {
  const drawn = spread([1870, 2300, 'never', 'unmeasured'], 'ms', { figure: 'outage', unit: 'ms', max: 2200 });
  expect([...drawn.matchAll(/<circle class="(\w+)"/g)].map(([, kind]) => kind)).toEqual(['within', 'over', 'over']);
  const [limit, within, over] = [/limit" d="M([\d.]+)/, /within" cx="([\d.]+)/, /over" cx="([\d.]+)/].map((place) =>
    Number(place.exec(drawn)![1]),
  );
  expect(within).toBeLessThan(limit!);
  expect(over).toBeGreaterThan(limit!);
});

test('the same result gives the same page', () => {
  expect(page(sampleResult())).toBe(page(sampleResult()));
});

test('the console table has a line for each figure with a target', () => {
  expect(table(sampleResult([sampleScenario(), sampleScenario({ name: 'web-all-down', targets: [], runs: [] })]))).toBe(
    [
      'scenario      verdict  runs  figure  min     median  95 %    max     target',
      'lb-power-off  passed   3     outage  1.87 s  1.96 s  2.01 s  2.01 s  ≤ 2.20 s',
      'web-all-down  unknown  0',
    ].join('\n'),
  );
});

test('writes both files and points to the latest', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'report-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const name of ['a', 'b']) await writeReport(path.join(folder, name), sampleResult());
  expect(await readlink(path.join(folder, 'latest'))).toBe('b');
  expect(JSON.parse(await readFile(path.join(folder, 'latest', 'result.json'), 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(sampleResult())),
  );
});
