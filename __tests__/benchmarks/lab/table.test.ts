import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fillLabTable, reckoned, usedByRequests, type LabMeasurement } from './table';

const DOCUMENT = '<!-- lab -->\nold\n<!-- end -->\nafter\n';
const measurement: LabMeasurement = {
  what: 'database page',
  chain: { requestsPerSecond: 499, median: 2.5, p99: 6, processorTime: { 'lb haproxy': 120, 'mysql mysql': 260 } },
  bare: { requestsPerSecond: 500, median: 1.75, p99: 4, processorTime: { 'mysql mysql': 255 } },
  seconds: 10,
  rounds: 3,
  commit: 'abcdef0',
  date: '2026-11-30',
  machine: 'AMD EPYC, 2 cores, 24 GB',
};

test('a measurement on the lab is a line with what the chain adds to the median, and what each program used', () => {
  expect(fillLabTable(DOCUMENT, [measurement]).split('\n').at(-4)).toBe(
    '| database page | 499, 500 | 2.50 ms, 1.75 ms | 0.75 ms | 6.00 ms, 4.00 ms | lb haproxy 120, mysql mysql 260 |',
  );
});

test('where the lab was not measured, the table says so', () => {
  expect(fillLabTable(DOCUMENT, [])).toBe('<!-- lab -->\n*Not measured yet.*\n<!-- end -->\nafter\n');
});

test('what an environment is reckoned to bear is checked by what each program used on the lab', () => {
  const requests = { 'database page': { lb: 90, web: 60, readers: 260 }, 'static file': {}, 'small answer': {}, write: {} };
  const costs = { requests, newConnection: 0, kilobytesPerConnection: 0, measured: [] };
  expect(reckoned([measurement], costs)).toEqual([
    'database page: lb haproxy 90 / 120 = 0.75',
    'database page: mysql mysql 260 / 260 = 1.00',
  ]);
});

test('what a program uses while nobody asks is not counted as the cost of requests, and less than a microsecond is left out', () => {
  const before = new Map([
    ['app app', 1_000_000],
    ['lb keepalived', 500_000],
  ]);
  const after = new Map([
    ['app app', 2_600_000],
    ['lb keepalived', 600_000],
    ['web nginx', 50_000],
  ]);
  const idlePerSecond = new Map([
    ['app app', 10_000],
    ['lb keepalived', 10_000],
  ]);
  expect(usedByRequests(before, after, { seconds: 10, idlePerSecond, requests: 5_000 })).toEqual({ 'app app': 300, 'web nginx': 10 });
});

test('the table of the lab in docs/capacity.md is the one of docs/measurements/lab.json', () => {
  const file = 'docs/measurements/lab.json';
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly LabMeasurement[]) : [];
  const document = readFileSync('docs/capacity.md', 'utf8');
  expect(document).toContain('<!-- lab -->');
  expect(fillLabTable(document, kept)).toBe(document);
});
