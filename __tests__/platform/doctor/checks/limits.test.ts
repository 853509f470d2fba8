import { expect, test } from 'vitest';
import { checkLimits, checkRateLimit } from '../../../../platform/doctor/checks/limits';
import { BEFORE, deployed, levels, lines, NOW } from '../healthy';

test('counts what a deploy makes, since the API does not tell the limits of an account', () => {
  expect(lines(checkLimits(BEFORE))).toEqual([
    expect.stringMatching(
      /^note: a deploy makes 2 servers, 2 Primary IPs, 2 dedicated cores, 1 floating IP, 1 volume of 100 GB together\. The API does not tell your account's limits.*resource_limit_exceeded/,
    ),
  ]);
  expect(checkLimits(deployed())).toEqual([]);
});

test('wants room in the rate limit for a deploy, and says how long to wait for it', () => {
  const rateLimit = { limit: 3600, remaining: 5, fullAt: new Date(NOW.getTime() + 3_595_000) };
  expect(levels(checkRateLimit(BEFORE))).toEqual(['fine']);
  expect(lines(checkRateLimit({ ...BEFORE, rateLimit }))).toEqual([
    expect.stringMatching(
      /^wrong: 5 of 3600 requests an hour are left, a deploy takes some \d+ -> wait \d+ minutes \(all are back at 12:59 UTC\)/,
    ),
  ]);
});

test('a deploy to an environment that is there takes fewer requests than the first', () => {
  const needed = (facts: typeof BEFORE) => Number(/some (\d+)/.exec(lines(checkRateLimit(facts))[0] ?? '')?.[1]);
  expect(needed(deployed())).toBeLessThan(needed(BEFORE));
});
