import { expect, test } from 'vitest';
import { figureOf, figureRows, resultOutcome, runOutcome, scenarioOutcome } from '../../../lab/report';
import { sampleResult, sampleRun, sampleScenario } from './sample';

const outageOf = (...outages: (number | 'never' | 'unmeasured')[]) =>
  sampleScenario({ runs: outages.map((outage, n) => ({ ...sampleRun(n + 1, 1000), figures: { outage } })) });

test('figures with a target come first, and their summary is over all runs', () => {
  const [outage, writeGap] = figureRows(sampleScenario());
  expect(outage).toMatchObject({
    figure: 'outage',
    outcome: 'valid',
    summary: { count: 3, min: 1870, median: 1955, p95: 2010, max: 2010 },
  });
  expect(writeGap).toMatchObject({ figure: 'write gap', outcome: undefined });
});

test('one run over the target fails the scenario, though every check held', () => {
  expect(scenarioOutcome(outageOf(2100, 2200))).toBe('valid');
  expect(scenarioOutcome(outageOf(2100, 2201))).toBe('invalid');
});

test('a run over the target is not called passed, though every check held', () => {
  const [fast, slow, lost] = outageOf(2100, 2201, 'unmeasured').runs;
  const { targets } = sampleScenario();
  expect([fast!, slow!, lost!].map((run) => runOutcome(targets, run))).toEqual(['valid', 'invalid', 'unknown']);
});

test('the 95 % limit counts beside the maximum', () => {
  const scenario = (values: number[]) => ({
    ...outageOf(...values),
    targets: [{ figure: 'outage', unit: 'ms' as const, max: 9000, p95: 7500 }],
  });
  expect(scenarioOutcome(scenario([...Array<number>(19).fill(7000), 8000]))).toBe('valid');
  expect(scenarioOutcome(scenario([7000, 8000]))).toBe('invalid');
});

test('a figure that never ended fails, one that was not measured is unknown', () => {
  expect(scenarioOutcome(outageOf(2000, 'never'))).toBe('invalid');
  expect(scenarioOutcome(outageOf(2000, 'unmeasured'))).toBe('unknown');
  expect(scenarioOutcome(sampleScenario({ runs: [] }))).toBe('unknown');
});

test('the worst scenario decides, and no scenario at all is unknown', () => {
  expect(resultOutcome(sampleResult([sampleScenario(), outageOf(9999)]))).toBe('invalid');
  expect(resultOutcome(sampleResult([]))).toBe('unknown');
});

test('a figure survives JSON, also one that is no number', () => {
  expect([1.26, Infinity, undefined, NaN].map(figureOf)).toEqual([1.3, 'never', 'unmeasured', 'unmeasured']);
});
