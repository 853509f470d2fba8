import { expect, test } from 'vitest';
import { constant, exponential, parseDuration, retrying } from '../../../../lab/providers/hcloud/retry';

test.each([
  ['500ms', 500],
  ['1m30s', 90_000],
  ['0.5s', 500],
  ['soon', null],
  ['5', null],
])('reads the duration %s', (text, wanted) => {
  expect(parseDuration(text)).toBe(wanted);
});

test('polls an action of 20 s after 31.5 s by default', () => {
  const wait = exponential(500, 60_000);
  expect([0, 1, 2, 3, 4, 5].map(wait)).toEqual([500, 1000, 2000, 4000, 8000, 16_000]);
  expect(wait(20)).toBe(60_000);
  expect(constant(500)(20)).toBe(500);
});

test('ends at once with an error that is not retried', async () => {
  let tries = 0;
  const work = async (): Promise<never> => {
    tries++;
    throw new Error('no');
  };
  await expect(retrying(work, { tries: 5, retryIf: () => false, signal: new AbortController().signal })).rejects.toThrow('no');
  expect(tries).toBe(1);
});
