import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  check,
  everyAcknowledgedWriteKept,
  membersAgree,
  noAcknowledgedWriteLost,
  noDoubleExecution,
  noHiddenReplay,
  nothingAcceptedWhenAlone,
} from '../../../lab/checkers';
import { evidence, members, write } from './histories';

test('an acknowledged write that one member lacks is lost', () => {
  const verdict = check(evidence([write(0, 'a'), write(1, 'b')], { members: members(['a', 'b'], ['a', 'b'], ['a']) }), [
    noAcknowledgedWriteLost,
  ]);
  expect(verdict.findings.map((finding) => finding.message)).toEqual(['db-3 lacks b, which was acknowledged']);
});

test('a write without an answer may be there or not', () => {
  const writes = [write(0, 'a'), write(1, 'b', 'unknown'), write(2, 'c', 'unknown'), write(3, 'd', 'failed')];
  expect(check(evidence(writes, { members: members(['a', 'b']) }), [noAcknowledgedWriteLost, noDoubleExecution]).outcome).toBe('valid');
});

test('lost writes are unknown without a member to ask or without an acknowledged write', () => {
  expect(check(evidence([write(0, 'a')]), [noAcknowledgedWriteLost]).outcome).toBe('unknown');
  expect(check(evidence([write(0, 'a')], { members: [] }), [noAcknowledgedWriteLost]).outcome).toBe('unknown');
  expect(check(evidence([write(0, 'a', 'unknown')], { members: members(['a']) }), [noAcknowledgedWriteLost]).outcome).toBe('unknown');
});

test('where an operator accepted a loss, an acknowledged write is on all members or in a dump', () => {
  const judged = (setAside: string[]) =>
    check(evidence([write(0, 'a'), write(1, 'b')], { members: members(['a'], ['a']), setAside }), [everyAcknowledgedWriteKept]);
  expect(judged(['b']).outcome).toBe('valid');
  expect(judged(['c']).findings[0]).toMatchObject({ outcome: 'invalid', message: 'db-1 lacks b, which was acknowledged' });
});

test('the check of dumps is unknown if no acknowledged write is in one', () => {
  expect(check(evidence([write(0, 'a')], { members: members(['a']), setAside: [] }), [everyAcknowledgedWriteKept]).outcome).toBe('unknown');
});

test('a changed text is a lost write', () => {
  const held = [{ member: 'db-1', rows: [{ id: 'a', key: 'a', text: 'other' }] }];
  expect(check(evidence([write(0, 'a')], { members: held }), [noAcknowledgedWriteLost]).findings[0]!.message).toMatch(
    /holds "other" for a/,
  );
});

test('exactly the missing acknowledged writes are found', () => {
  const keys = fc.uniqueArray(fc.integer({ min: 0, max: 30 }).map(String), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(keys, fc.func(fc.boolean()), (acknowledged, survives) => {
      const held = acknowledged.filter((key) => survives(key));
      const { findings } = check(
        evidence(
          acknowledged.map((key, n) => write(n, key)),
          { members: members(held) },
        ),
        [noAcknowledgedWriteLost],
      );
      expect(findings.length).toBe(acknowledged.length - held.length);
    }),
  );
});

test('a note stored under two ids was executed twice', () => {
  const twice = [
    {
      member: 'db-1',
      rows: [
        { id: '1', key: 'a', text: 'text of a' },
        { id: '2', key: 'a2', text: 'text of a' },
      ],
    },
  ];
  const verdict = check(evidence([write(0, 'a', 'acknowledged', { note: { key: 'a', text: 'text of a', id: '1' } })], { members: twice }), [
    noDoubleExecution,
  ]);
  expect(verdict.findings[0]!.message).toBe('"text of a" was stored 2 times, as 1, 2');
});

test('an answer that names another id than the members hold was executed twice', () => {
  const verdict = check(
    evidence([write(0, 'a', 'acknowledged', { note: { key: 'a', text: 'text of a', id: '7' } })], { members: members(['a']) }),
    [noDoubleExecution],
  );
  expect(verdict.outcome).toBe('invalid');
});

test('a POST that was sent once and is answered as a repeat is invalid', () => {
  const replayed = write(0, 'a', 'acknowledged', { status: 200, attempts: 1 });
  const retried = write(0, 'b', 'acknowledged', { status: 200, attempts: 2 });
  expect(check(evidence([replayed, write(1, 'c')]), [noHiddenReplay]).outcome).toBe('invalid');
  expect(check(evidence([retried, write(1, 'c')]), [noHiddenReplay]).outcome).toBe('valid');
});

test('members that differ are named with the first row that differs', () => {
  expect(check(evidence([write(0, 'a')], { members: members(['a'], ['a', 'b']) }), [membersAgree]).findings[0]!.message).toBe(
    'db-2 holds 1 rows that db-1 lacks, first b',
  );
  expect(check(evidence([write(0, 'a')], { members: members(['a']) }), [membersAgree]).outcome).toBe('unknown');
});

test('an isolated PRIMARY must accept no write, and the check is unknown without an attempt', () => {
  const marks = [{ at: 1000, kind: 'effect', text: 'cut off' }] as const;
  const direct = (start: number, outcome: 'acknowledged' | 'failed') =>
    write(start, `x${start}`, outcome, { stream: 'direct-write', member: 'db-1' });
  const judge = (...writes: ReturnType<typeof direct>[]) => check(evidence(writes, { marks }), [nothingAcceptedWhenAlone(500)]).outcome;
  expect(judge(direct(1200, 'acknowledged'), direct(2000, 'failed'))).toBe('valid');
  expect(judge(direct(2000, 'acknowledged'))).toBe('invalid');
  expect(judge(direct(900, 'acknowledged'))).toBe('unknown');
});
