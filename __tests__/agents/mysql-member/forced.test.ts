import fc from 'fast-check';
import { expect, test } from 'vitest';
import { announce, founded, givesWay } from '../../../agents/mysql-member/forced';
import type { Report } from '../../../agents/mysql-member/report';
import { memory, NAMES, online, report, sample } from './situations';

const outside = (name: string, promised = 1, executed = ''): Report =>
  report(name, { sample: sample({ executed }), memory: memory({ incarnation: 1, promised }) });
const announced = (self: Report, others: readonly Report[]): Report => ({ ...self, memory: announce(self, others) });

test('a member that nobody contradicts founds the group, with a number that nobody has seen', () => {
  const [self, other] = [announced(outside('db-2'), [outside('db-1', 7)]), outside('db-1', 7)];
  expect(self.memory).toMatchObject({ promised: 8, candidate: 'db-2' });
  expect(givesWay(self, [other], 8)).toBeNull();
});

test('of two that are told at the same moment the first by configuration goes ahead', () => {
  const [one, two] = [announced(outside('db-1'), [outside('db-2')]), announced(outside('db-2'), [outside('db-1')])];
  expect(givesWay(one, [two], 2)).toBeNull();
  expect(givesWay(two, [one], 2)).toBe('db-1 was told the same at the same moment, and goes ahead');
});

test('of two that are told at the same moment the one that holds more transactions goes ahead', () => {
  const [less, more] = [outside('db-1', 1, 'g:1-7'), outside('db-2', 1, 'g:1-9')];
  const [one, two] = [announced(less, [more]), announced(more, [less])];
  expect(givesWay(two, [one], 2)).toBeNull();
  expect(givesWay(one, [two], 2)).toBe('db-2 was told the same at the same moment, and goes ahead');
});

test('the group gets a lineage of its own, and the ballot is used up before it is founded', () => {
  const { memory: announcement } = announced(outside('db-1'), []);
  expect(founded(announcement, 2, 'y')).toMatchObject({
    incarnation: 2,
    promised: 2,
    candidate: null,
    entering: 'bootstrap',
    lineage: 'y',
  });
});

test('a member gives way to one that founds already, or is in a group', () => {
  const self = announced(outside('db-1'), []);
  expect(givesWay(self, [{ ...outside('db-2'), busy: 'reboot-group' }], 2)).toMatch(/db-2 founds a group already/);
  expect(givesWay(self, [{ ...outside('db-2'), sample: online('PRIMARY', ['db-2']) }], 2)).toMatch(/db-2 founds a group already/);
});

test('a member that has voted for another meanwhile gives way', () => {
  const self = announced(outside('db-1'), []);
  expect(givesWay({ ...self, memory: { ...self.memory, promised: 3, candidate: 'db-3' } }, [], 2)).toBe(
    'this member has voted for db-3 meanwhile',
  );
});

test('however many members are told to, and whichever reports they have seen, exactly one founds the group', () => {
  const order = fc.shuffledSubarray([...NAMES], { minLength: 1 });
  const held = fc.array(fc.nat({ max: 2 }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(
      order,
      held,
      fc.array(fc.nat({ max: 9 }), { minLength: 3, maxLength: 3 }),
      fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
      (told, holds, before, heard) => {
        const reports = new Map(NAMES.map((name, n) => [name as string, outside(name, 1 + before[n]!, `g:1-${1 + holds[n]!}`)]));
        told.forEach((name, n) => {
          // Some announcements came early enough to be known when the next was made.
          const known = [...reports.values()]
            .filter((other) => other.name !== name)
            .map((other, m) =>
              heard[n * 3 + m] ? other : outside(other.name, 1 + before[NAMES.indexOf(other.name as (typeof NAMES)[number])]!),
            );
          reports.set(name, announced(reports.get(name)!, known));
        });
        const ahead = told.filter((name) => {
          const self = reports.get(name)!;
          return (
            givesWay(
              self,
              [...reports.values()].filter((other) => other.name !== name),
              self.memory.promised,
            ) === null
          );
        });
        expect(ahead).toHaveLength(1);
      },
    ),
  );
});
