import { expect, test } from 'vitest';
import { answered, ASLEEP } from '../../../agents/mysql-member/sampler';

const askedAt = (...times: number[]) => times.reduce(answered, ASLEEP).since;

test('mysqld is awake since the first question that it answered', () => {
  expect(askedAt()).toBe(Infinity);
  expect(askedAt(100, 350, 600)).toBe(100);
});

test('a slow answer, or one look that fails, is no pause; more than three seconds are, be it that mysqld or the agent stood still', () => {
  expect(askedAt(100, 350, 3350)).toBe(100);
  expect(askedAt(100, 350, 3351)).toBe(3351);
  expect(askedAt(100, 350, 20_000, 20_250)).toBe(20_000);
});
