import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatGtidSet, isEmpty, isSubset, parseGtidSet, sizeOf, subtract, union } from '../../../agents/mysql-member/gtid';

test('reads what MySQL prints, with line breaks, tags and single transactions', () => {
  const set = parseGtidSet('AAAA:1-5:8,\nbbbb:backup:1-3:7-9');
  expect(formatGtidSet(set)).toBe('aaaa:1-5:8,bbbb:backup:1-3:7-9');
  expect(sizeOf(set)).toBe(12);
});

test('joins intervals that touch', () => {
  expect(formatGtidSet(parseGtidSet('a:1-3:4-5:9:7-8'))).toBe('a:1-5:7-9');
});

test('an empty text is the empty set', () => {
  expect(isEmpty(parseGtidSet(''))).toBe(true);
  expect(formatGtidSet(parseGtidSet(''))).toBe('');
});

test('subtracts in the middle and at the ends', () => {
  const rest = (from: string, taken: string) => formatGtidSet(subtract(parseGtidSet(from), parseGtidSet(taken)));
  expect(rest('a:1-10', 'a:4-5')).toBe('a:1-3:6-10');
  expect(rest('a:1-10,b:1', 'a:1-12')).toBe('b:1');
  expect(rest('a:5', 'a:1-4:6')).toBe('a:5');
});

test('agrees with sets of single numbers', () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 25 });
  const toSet = (ids: readonly number[]) => parseGtidSet(ids.map((id) => `u:${id}`).join(','));
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      expect(formatGtidSet(union(toSet(a), toSet(b)))).toBe(formatGtidSet(toSet([...new Set([...a, ...b])])));
      expect(formatGtidSet(subtract(toSet(a), toSet(b)))).toBe(formatGtidSet(toSet(a.filter((id) => !b.includes(id)))));
      expect(isSubset(toSet(a), toSet(b))).toBe(a.every((id) => b.includes(id)));
    }),
  );
});
