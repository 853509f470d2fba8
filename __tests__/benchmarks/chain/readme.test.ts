import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LATENCY } from './latency-sample';
import { fillReadme } from './readme';
import type { ChainMeasurement } from './table';

const DOCUMENT = '<!-- speed -->\nold\n<!-- end -->\nafter\n';
const common = { rounds: 3, commit: 'abcdef0', date: '2026-11-30', machine: '2 cores, 24 GB' };
const speed = (what: string, more: Partial<ChainMeasurement> = {}): ChainMeasurement => ({
  what,
  ours: { requestsPerSecond: 900, processorTime: {} },
  plain: { requestsPerSecond: 1000, processorTime: {} },
  ...common,
  ...more,
});

test('README.md has a line for each kind of request, by kept connections of HTTP/1.1, with what the chain adds to an answer', () => {
  const page = speed('database page, h1, kept connections', { Caddy: { requestsPerSecond: 600, processorTime: {} } });
  expect(
    fillReadme(DOCUMENT, [page, speed('database page, h2, kept connections')], [LATENCY])
      .split('\n')
      .slice(1, 4),
  ).toEqual([
    '| on loopback | requests/s | of a plain chain | of Caddy | ms added to the median |',
    '| --- | --- | --- | --- | --- |',
    '| database page | 900 | 0.90 | 1.50 | 0.75 |',
  ]);
});

test('README.md has no column of what was not measured', () => {
  expect(
    fillReadme(DOCUMENT, [speed('static file, h1, kept connections')], [])
      .split('\n')
      .slice(1, 4),
  ).toEqual(['| on loopback | requests/s | of a plain chain |', '| --- | --- | --- |', '| static file | 900 | 0.90 |']);
});

test('the speeds in README.md are those of docs/measurements', () => {
  const kept = <T>(file: string) => (existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly T[]) : []);
  const readme = readFileSync('README.md', 'utf8');
  expect(readme).toContain('<!-- speed -->');
  expect(fillReadme(readme, kept('docs/measurements/chain.json'), kept('docs/measurements/latency.json'))).toBe(readme);
});
