import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fillChainTable, type ChainMeasurement } from './table';

const common = { rounds: 3, commit: 'abcdef0', date: '2026-11-30', machine: '2 cores, 24 GB' };
const page: ChainMeasurement = {
  what: 'database page, h1, kept connections',
  ours: { requestsPerSecond: 900, processorTime: { HAProxy: 45, Nginx: 30, Node: 400, MySQL: 250 } },
  plain: { requestsPerSecond: 1000, processorTime: { HAProxy: 40, Nginx: 28, Node: 400, MySQL: 250 } },
  Caddy: { requestsPerSecond: 600, processorTime: { Caddy: 210, Node: 400, MySQL: 250 } },
  bare: { requestsPerSecond: 1500, processorTime: { Node: 390, MySQL: 250 } },
  ...common,
};
const file: ChainMeasurement = {
  what: 'static file, h2, kept connections',
  ours: { requestsPerSecond: 9_000, processorTime: { HAProxy: 45, Nginx: 30, Node: 0 } },
  plain: { requestsPerSecond: 10_000, processorTime: { HAProxy: 40, Nginx: 28, Node: 0 } },
  Caddy: { requestsPerSecond: 7_200, processorTime: { Caddy: 250, Node: 0 } },
  ...common,
};

test('a measurement is a line with the speed of each way and ratios, and one with the processor time of the programs that used any', () => {
  const filled = fillChainTable('before\n<!-- chain -->\nold\n<!-- end -->\nafter\n', [page]);
  expect(filled.split('\n').filter((line) => line.startsWith('| database page'))).toEqual([
    '| database page, h1, kept connections | 900 | 1000 | 600 | 1500 | 0.90 | 1.50 |',
    '| database page, h1, kept connections | HAProxy 45, Nginx 30, Node 400, MySQL 250 | HAProxy 40, Nginx 28, Node 400, MySQL 250' +
      ' | Caddy 210, Node 400, MySQL 250 | Node 390, MySQL 250 |',
  ]);
  expect(filled).toMatch(/^before\n<!-- chain -->\n\|[^]*<!-- end -->\nafter\n$/);
  expect(filled).not.toContain('old');
});

test('a way that was not measured, as bare programs by HTTP/2, has empty cells', () => {
  const filled = fillChainTable('<!-- chain -->\n<!-- end -->\n', [page, file]);
  expect(filled.split('\n').filter((line) => line.startsWith('| static'))).toEqual([
    '| static file, h2, kept connections | 9000 | 10000 | 7200 |  | 0.90 | 1.25 |',
    '| static file, h2, kept connections | HAProxy 45, Nginx 30 | HAProxy 40, Nginx 28 | Caddy 250 |  |',
  ]);
});

test('the table in docs/capacity.md is the one of docs/measurements/chain.json', () => {
  const kept = JSON.parse(readFileSync('docs/measurements/chain.json', 'utf8')) as readonly ChainMeasurement[];
  const document = readFileSync('docs/capacity.md', 'utf8');
  expect(kept.length).toBeGreaterThan(0);
  expect(document).toContain('<!-- chain -->');
  expect(fillChainTable(document, kept)).toBe(document);
});
