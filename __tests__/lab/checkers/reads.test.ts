import { expect, test } from 'vitest';
import { check, readsPossible, type Operation, type Verdict } from '../../../lab/checkers';
import { evidence, read, write } from './histories';

const judge = (stalenessMilliseconds: number, ...operations: Operation[]): Verdict =>
  check(evidence(operations), [readsPossible({ stalenessMilliseconds })]);

test('a read that answers the written note is valid', () => {
  expect(judge(0, write(0, 'a'), read(100, 'a', 'text of a')).outcome).toBe('valid');
});

test('a note that was acknowledged must be found, once the allowed lag is over', () => {
  const history = [write(0, 'a'), read(300, 'a', null)];
  expect(judge(500, ...history).outcome).toBe('valid');
  expect(judge(100, ...history).findings[0]!.message).toBe('a was not found 290 ms after it was known to exist');
});

test('a write without an answer may be read or not, but once read it stays', () => {
  const unknown = write(0, 'a', 'unknown', { end: 5000 });
  expect(judge(0, unknown, read(100, 'a', null)).outcome).toBe('valid');
  expect(judge(0, unknown, read(100, 'a', 'text of a')).outcome).toBe('valid');
  expect(judge(0, unknown, read(100, 'a', 'text of a'), read(200, 'a', null)).outcome).toBe('invalid');
});

test('a read of a note that was not written, not yet written, or has another text is invalid', () => {
  expect(judge(0, read(0, 'a', 'text of a')).outcome).toBe('invalid');
  expect(judge(0, write(1000, 'a'), read(0, 'a', 'text of a')).outcome).toBe('invalid');
  expect(judge(0, write(0, 'a'), read(100, 'a', 'text of b')).outcome).toBe('invalid');
});

test('the check of reads is unknown without a read', () => {
  expect(judge(0, write(0, 'a')).outcome).toBe('unknown');
});
