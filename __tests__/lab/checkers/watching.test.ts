import { expect, test } from 'vitest';
import { check, closelyWatched, type Mark } from '../../../lab/checkers';
import { evidence, operation } from './histories';

const marks = (inject: number, recover: number): Mark[] => [
  { at: inject, kind: 'inject', text: 'fault' },
  { at: recover, kind: 'recover', text: 'put right' },
];
const every = (milliseconds: number, from: number, to: number) =>
  Array.from({ length: Math.floor((to - from) / milliseconds) + 1 }, (_, n) => operation(from + n * milliseconds));
const judge = (operations: ReturnType<typeof every>, when = marks(2000, 6000)) =>
  check(evidence(operations, { marks: when }), [closelyWatched({ perSecond: 20, pauseMilliseconds: 300 })]);

test('clients that ask often enough make a run valid', () => {
  expect(judge(every(40, 0, 8000)).outcome).toBe('valid');
});

test('clients that are too slow make a run unknown, even if all their requests succeeded', () => {
  const verdict = judge(every(100, 0, 8000));
  expect(verdict.outcome).toBe('unknown');
  expect(verdict.findings[0]!.message).toMatch(/^only 10\.0 requests a second were begun, 20 are needed/);
});

test('one long pause of the clients makes a run unknown, because an outage could hide in it', () => {
  const findings = judge([...every(20, 0, 3000), ...every(20, 3900, 8000)]).findings;
  expect(findings.map(({ message }) => message)).toEqual([expect.stringMatching(/^for 900 ms no request was begun/)]);
});

test('clients may be slow after the recovery, when a machine boots', () => {
  expect(judge([...every(40, 0, 6000), ...every(1000, 7000, 20_000)]).outcome).toBe('valid');
});

test('no request during the fault makes a run unknown', () => {
  expect(judge(every(40, 20_000, 21_000)).outcome).toBe('unknown');
});
