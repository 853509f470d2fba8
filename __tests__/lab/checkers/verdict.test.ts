import { expect, test } from 'vitest';
import { check, invalid, unsure, worst, type Checker } from '../../../lab/checkers';
import { evidence, probes } from './histories';

const finds = (...findings: ReturnType<Checker['check']>): Checker => ({ name: 'test', check: () => findings });

test('a verdict is valid when every checker looked and found nothing', () => {
  expect(check(evidence(probes('+')), [finds(), finds()])).toEqual({ outcome: 'valid', findings: [] });
});

test('unknown outranks valid, and invalid outranks unknown', () => {
  expect(worst(['valid', 'unknown', 'valid'])).toBe('unknown');
  expect(worst(['unknown', 'invalid', 'valid'])).toBe('invalid');
  expect(check(evidence(probes('+')), [finds(), finds(unsure('test', 'blind'))]).outcome).toBe('unknown');
  expect(check(evidence(probes('+')), [finds(unsure('test', 'blind')), finds(invalid('test', 'bad'))]).outcome).toBe('invalid');
});

test('an empty history is unknown, whatever the checkers say', () => {
  expect(check(evidence([]), [finds()]).outcome).toBe('unknown');
});

test('no checker is unknown, because nothing was checked', () => {
  expect(check(evidence(probes('+')), []).outcome).toBe('unknown');
});
