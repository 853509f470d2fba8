import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fillLatencyTable, type LatencyMeasurement } from './latency';
import { LATENCY } from './latency-sample';

const DOCUMENT = '<!-- latency -->\nold\n<!-- end -->\nafter\n';

test('a paced measurement is a line with median and 99 % of each way, what the chain adds to the median, and whether the pace was kept', () => {
  expect(fillLatencyTable(DOCUMENT, [LATENCY]).split('\n').at(-4)).toBe(
    '| database page | 2.50, 6.00 | 2.25, 5.50 | 2.75, 7.00 | 1.75, 4.00 | 0.75 | 497 |',
  );
});

test('where the time of answers was not measured, the table says so', () => {
  expect(fillLatencyTable(DOCUMENT, [])).toBe('<!-- latency -->\n*Not measured yet.*\n<!-- end -->\nafter\n');
});

test('the table of answer times in docs/capacity.md is the one of docs/measurements/latency.json', () => {
  const file = 'docs/measurements/latency.json';
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly LatencyMeasurement[]) : [];
  const document = readFileSync('docs/capacity.md', 'utf8');
  expect(document).toContain('<!-- latency -->');
  expect(fillLatencyTable(document, kept)).toBe(document);
});
