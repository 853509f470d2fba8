import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fillChainTable, type ChainMeasurement } from './table';

const measurement: ChainMeasurement = {
  what: 'static file, h1, kept connections',
  ours: { requestsPerSecond: 9_000, processorTime: { HAProxy: 45, Nginx: 30, Node: 0 } },
  plain: { requestsPerSecond: 10_000, processorTime: { HAProxy: 40, Nginx: 28, Node: 0 } },
  rounds: 3,
  commit: 'abcdef0',
  date: '2026-11-30',
  machine: '2 cores, 24 GB',
};

test('a measurement is a line with both speeds, their ratio and the processor time of each program', () => {
  const filled = fillChainTable('before\n<!-- chain -->\nold\n<!-- end -->\nafter\n', [measurement]);
  expect(filled.split('\n').filter((line) => line.startsWith('| static'))).toEqual([
    '| static file, h1, kept connections | 9000 | 10000 | 0.90 | 45, 40 | 30, 28 | 0, 0 |',
  ]);
  expect(filled).toMatch(/^before\n<!-- chain -->\n\|[^]*<!-- end -->\nafter\n$/);
  expect(filled).not.toContain('old');
});

test('the table in docs/capacity.md is the one of docs/measurements/chain.json', () => {
  const kept = JSON.parse(readFileSync('docs/measurements/chain.json', 'utf8')) as readonly ChainMeasurement[];
  const document = readFileSync('docs/capacity.md', 'utf8');
  expect(kept.length).toBeGreaterThan(0);
  expect(document).toContain('<!-- chain -->');
  expect(fillChainTable(document, kept)).toBe(document);
});
