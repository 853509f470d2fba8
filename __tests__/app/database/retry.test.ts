import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DatabaseUnavailable, NotConnected } from '../../../app/database/errors';
import { delayAfter, retry, type Attempt } from '../../../app/database/retry';
import { FakeClock } from '../fake-clock';

const lost = () => Object.assign(new Error('lost'), { code: 'PROTOCOL_CONNECTION_LOST' });

function failing(times: number, error: () => Error, seen: Attempt[] = []) {
  return async (attempt: Attempt) => {
    seen.push(attempt);
    if (attempt.number <= times) throw error();
    return 'done';
  };
}

test('waits longer and longer, but never more than a quarter of a second', async () => {
  const clock = new FakeClock();
  const options = { clock, withinMilliseconds: 25_000, harmless: true };
  await expect(retry(options, failing(6, lost))).resolves.toBe('done');
  expect(clock.slept).toEqual([50, 100, 200, 250, 250, 250]);
});

test('gives up when the time is over, and says that the outcome is unclear', async () => {
  const clock = new FakeClock();
  const result = retry({ clock, withinMilliseconds: 2000, harmless: true }, failing(Infinity, lost));
  await expect(result).rejects.toMatchObject({ name: 'DatabaseUnavailable', outcome: 'unclear' });
  expect(clock.time).toBeLessThanOrEqual(2000);
});

test('an outcome stays unclear even if later attempts did not get through', async () => {
  const clock = new FakeClock();
  const errors = [lost(), ...Array.from({ length: 99 }, () => new NotConnected('no'))];
  const result = retry({ clock, withinMilliseconds: 2000, harmless: true }, async ({ number }) => {
    throw errors[number - 1] ?? new NotConnected('no');
  });
  await expect(result).rejects.toMatchObject({ outcome: 'unclear' });
});

test('does not repeat a write without a key once its outcome is unclear', async () => {
  const seen: Attempt[] = [];
  const result = retry({ clock: new FakeClock(), withinMilliseconds: 25_000, harmless: false }, failing(1, lost, seen));
  await expect(result).rejects.toBeInstanceOf(DatabaseUnavailable);
  expect(seen).toHaveLength(1);
});

test('repeats a write without a key that was never sent', async () => {
  const result = retry(
    { clock: new FakeClock(), withinMilliseconds: 25_000, harmless: false },
    failing(3, () => new NotConnected('no')),
  );
  await expect(result).resolves.toBe('done');
});

test('passes on at once what repeating cannot mend', async () => {
  const clock = new FakeClock();
  const result = retry(
    { clock, withinMilliseconds: 25_000, harmless: true },
    failing(1, () => new TypeError('mistake')),
  );
  await expect(result).rejects.toBeInstanceOf(TypeError);
  expect(clock.slept).toEqual([]);
});

test('tells later attempts that an earlier one may have been committed', async () => {
  const seen: Attempt[] = [];
  await retry({ clock: new FakeClock(), withinMilliseconds: 25_000, harmless: true }, failing(2, lost, seen));
  expect(seen.map(({ afterUnclear }) => afterUnclear)).toEqual([false, true, true]);
});

test('any delay lies between half and all of its step', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
      const delay = delayAfter(attempt, random);
      expect(delay).toBeGreaterThanOrEqual(25);
      expect(delay).toBeLessThanOrEqual(500);
    }),
  );
});
