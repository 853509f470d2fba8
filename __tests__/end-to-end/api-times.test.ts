import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLab, type Lab } from '../../lab/lab';
import { openDeployedLab, SCENARIOS, select } from '../../lab/scenarios';
import { judge } from './judge';

/**
 * How long Hetzner's API takes to move an address is not known, so failover has to converge for any time: each scenario in
 * which an address moves runs with an API that takes L seconds for an action, and up to two for an answer.
 */
const ANSWER_MILLISECONDS = { from: 1500, to: 2000 };
/** All the others of the pair change no address. */
const UNMOVED = ['lb-fifty-reloads', 'lb-broken-configuration', 'lb-certificate-expired', 'lb-certificate-change'];
const MOVING = SCENARIOS.filter(({ name }) => name.startsWith('lb-') && !UNMOVED.includes(name));
/** One in each round; the rest is for `make test-all`. */
const CASES =
  process.env['TEST_SIZE'] === 'all'
    ? [5, 10, 20].flatMap((seconds) => MOVING.map((scenario) => ({ seconds, scenario })))
    : [{ seconds: 10, scenario: select('lb-power-off')[0]! }];
/** Beyond the time of the moves: detection, and three answers. */
const LONGEST_OUTAGE_MILLISECONDS = 15_000;

const before = await openLab();
afterEach(() => before.setApiTimes(before.apiTimes));

describe.each(CASES)('an API that takes $seconds s to move an address and 2 s to answer', ({ seconds, scenario }) => {
  let lab: Lab;
  beforeEach(async () => {
    await before.setApiTimes({ action: seconds * 1000, answer: ANSWER_MILLISECONDS });
    lab = await openDeployedLab();
  });

  test(`is waited for, and no address moves back and forth: ${scenario.name}`, async () => {
    expect(lab.apiTimes.answer.to).toBeGreaterThan(0);
    // An address that is unassigned first takes two actions
    await judge(lab, scenario, LONGEST_OUTAGE_MILLISECONDS + 2 * seconds * 1000);
  });
});
