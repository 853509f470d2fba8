import { expect, test } from 'vitest';
import { lagSeconds, nextLag, type Lag } from '../../../agents/mysql-member/lag';
import type { Report, Sample } from '../../../agents/mysql-member/report';
import { NAMES, online, report } from './situations';

const UUID = '11111111-1111-1111-1111-111111111111';
const upTo = (number: number) => (number === 0 ? '' : `${UUID}:1-${number}`);
const own = (number: number): Sample => online('SECONDARY', NAMES, { executed: upTo(number) });
const primary = (number: number, name = 'db-1'): Report => report(name, { sample: online('PRIMARY', NAMES, { executed: upTo(number) }) });

/** A look every second at what this member and the PRIMARY have. */
function follow(looks: readonly (readonly [own: number, primary: number])[]): number[] {
  let lag: Lag | null = null;
  return looks.map(([mine, theirs], second) => {
    lag = nextLag(lag, own(mine), [primary(theirs)], second * 1000);
    return lagSeconds(lag, second * 1000);
  });
}

test('a member that has at each look what the PRIMARY had at the one before is a second behind', () => {
  expect(
    follow([
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
    ]),
  ).toEqual([0, 1, 1, 1]);
});

test('a member that stands still gets older, wherever it is that it stopped', () => {
  expect(
    follow([
      [5, 6],
      [5, 7],
      [5, 8],
      [5, 8],
      [5, 8],
    ]),
  ).toEqual([0, 1, 2, 3, 4]);
});

test('where nothing is written nobody is behind', () => {
  expect(
    follow([
      [5, 5],
      [5, 5],
      [5, 5],
      [5, 5],
    ]).at(-1),
  ).toBeLessThanOrEqual(1);
});

test('a member that is always three seconds behind never looks up to date', () => {
  const looks = Array.from({ length: 20 }, (_, second) => [Math.max(0, second - 3), second] as const);
  expect(Math.min(...follow(looks).slice(6))).toBeGreaterThanOrEqual(3);
});

test('after the role has moved, what the former PRIMARY had does not count', () => {
  const behind = nextLag(null, own(5), [primary(9)], 0);
  expect(lagSeconds(nextLag(behind, own(5), [primary(5, 'db-3')], 8000), 8000)).toBe(0);
});

test('while nobody hears of the PRIMARY, what it had last is still missing', () => {
  const behind = nextLag(null, own(5), [primary(9)], 0);
  expect(lagSeconds(nextLag(behind, own(5), [], 8000), 8000)).toBe(8);
});

test('the PRIMARY itself, and a member without a group, follow nobody', () => {
  const behind = nextLag(null, own(5), [primary(9)], 0);
  expect(nextLag(behind, online('PRIMARY'), [], 1000)).toBeNull();
  expect(nextLag(behind, null, [primary(9)], 1000)).toBeNull();
});
