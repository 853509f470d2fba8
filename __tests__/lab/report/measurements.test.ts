import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { documents, keptMeasurements } from '../../../lab/report/keep';
import { measurementsOf, merged } from '../../../lab/report/measurements';
import { fillTables } from '../../../lab/report/tables';
import { sampleResult, sampleRun, sampleScenario } from './sample';

const HERE = { commit: 'abc1234', date: '2026-11-30', machine: '2 cores, 24 GB' };
const [measured] = measurementsOf(sampleResult([sampleScenario()]), HERE);

test('each figure with a target is kept with its circumstances', () => {
  expect(measured).toMatchObject({ figure: 'outage', runs: 3, median: 1955, longest: 2010, ...HERE });
});

test('a figure that a run could not measure is not kept', () => {
  const lost = sampleScenario({ runs: [sampleRun(1, 1000), { ...sampleRun(2, 1000), figures: { outage: 'unmeasured' } }] });
  expect(measurementsOf(sampleResult([lost]), HERE)).toEqual([]);
});

test('a newer measurement replaces the one of the same scenario, figure, L and answers, and no other', () => {
  const slower = { ...measured!, actionSeconds: 10 };
  const slowAnswers = { ...measured!, answerSeconds: 2 };
  const newer = { ...measured!, median: 1 };
  expect(merged([slower, measured!, slowAnswers], [newer])).toEqual([newer, slowAnswers, slower]);
});

test('a table that names an unmeasured scenario is an error that says how to measure it', () => {
  expect(() => fillTables('<!-- measured: lb-unheard-of -->\n<!-- end -->', [measured!])).toThrow(
    'make faults ONLY=lb-unheard-of RUNS=5 KEEP=1',
  );
});

test.each(documents('.'))('the tables of %s are those of docs/measurements', (document) => {
  const text = readFileSync(document, 'utf8');
  expect(text).toBe(fillTables(text, keptMeasurements('.')));
});
