import { expect, test } from 'vitest';
import type { Operation } from '../../../lab/checkers';
import { linear, logarithmic, ticks } from '../../../lab/report/scale';
import { momentsOf, thinned, timeline } from '../../../lab/report/timeline';
import { sampleRun, ZERO } from './sample';

test('an outage is a box with its length beside it', () => {
  const svg = timeline(sampleRun(1, 2000));
  expect(svg.match(/class="gap"/g)).toHaveLength(2);
  expect(svg).toMatch(/class="gaptext"[^>]*>1\.9\d s</);
});

test('roles and addresses are bands with their values', () => {
  const titles = [...timeline(sampleRun(1, 2000)).matchAll(/<title>([^<]*)<\/title>/g)].map(([, text]) => text);
  expect(titles.slice(0, 2)).toEqual(['floating IP at: lb-1', 'floating IP at: lb-2']);
  expect(titles).toContain('lb-1: no answer');
  expect(titles.indexOf('lb-2: MASTER')).toBeLessThan(titles.indexOf('db-1: PRIMARY'));
});

test('moments count from the first fault', () => {
  expect(momentsOf(sampleRun(1, 2000)).map(({ number, at }) => `${number} ${at}`)).toEqual([
    '1 +0 ms',
    '2 +0.18 s',
    '3 +8.00 s',
    '4 +15.0 s',
  ]);
});

test('a run without a fault or a request still has a picture', () => {
  const bare = { ...sampleRun(1, 0), operations: [], marks: [], observations: [] };
  expect(timeline(bare)).toMatch(/^<svg .*<\/svg>$/);
});

test('many requests at one place are one dot', () => {
  const run = sampleRun(1, 2000);
  const crowded = { ...run, operations: run.operations.flatMap((operation) => [operation, operation, operation]) };
  expect(timeline(crowded).length).toBe(timeline(run).length);
});

test('of very many quick successes some are drawn and the page says so; every failure stays', () => {
  const start = ZERO;
  const many = Array.from({ length: 40_000 }, (_, n): Operation => ({
    stream: 'probe',
    start: start + n * 50,
    end: start + n * 50 + (n % 97) + 1,
    outcome: n % 1000 === 0 ? 'failed' : 'acknowledged',
  }));
  const run = { ...sampleRun(1, 0), operations: many };
  expect(thinned(run)).toMatch(/only some are drawn/);
  expect(thinned(sampleRun(1, 2000))).toBeUndefined();
  expect(timeline(run).length).toBeLessThan(100_000);
  expect(/dot failed" d="([^"]*)"/.exec(timeline(run))![1]!.match(/h0/g)).toHaveLength(40);
});

test('scales stay inside their range, and ticks are round', () => {
  expect([-5, 0, 5, 10, 99].map(linear(0, 10, 0, 100))).toEqual([0, 0, 50, 100, 100]);
  expect([0, 1, 10, 100].map(logarithmic(1, 100, 100, 0))).toEqual([100, 100, 50, 0]);
  expect(ticks(-3.7, 21, 6)).toEqual([0, 5, 10, 15, 20]);
  expect(ticks(0, 0, 5)).toEqual([0]);
});
