import { expect, test } from 'vitest';
import { successors } from '../../../agents/mysql-member/successors';
import { online, report } from './situations';

const member = (name: string, applierQueue = 0) => report(name, { sample: online('SECONDARY', undefined, { applierQueue }) });
const names = (...members: ReturnType<typeof member>[]) => successors(members).map(({ name }) => name);

test('the next PRIMARY is the member of the highest number: in a roll it is the last to be restarted', () => {
  expect(names(member('db-2'), member('db-3'))).toEqual(['db-3', 'db-2']);
  expect(names(member('db-2'), member('db-3', 5))).toEqual(['db-3', 'db-2']);
});

test('a member that has much to apply first comes last', () => {
  expect(names(member('db-1'), member('db-3', 50_000))).toEqual(['db-1', 'db-3']);
});

test('a member that leaves the group gets no role', () => {
  expect(names(member('db-1'), member('db-5'))).toEqual(['db-1']);
});
