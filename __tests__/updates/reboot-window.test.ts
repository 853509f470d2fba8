import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TIERS } from '../../lib/net/address-plan';
import { parseRebootWindow, REBOOT_WINDOW, TURN_MINUTES, turnOf, turnsIn, type RebootWindow } from '../../lib/updates/reboot-window';

const MINUTES_A_DAY = 24 * 60;
const windows = fc.record({
  start: fc.integer({ min: 0, max: MINUTES_A_DAY - 1 }),
  minutes: fc.integer({ min: 1, max: MINUTES_A_DAY - 1 }),
});
const tiers = fc.constantFrom(...TIERS);

/** Minutes from the start of the window to the start of a turn. */
function into({ start }: RebootWindow, turn: string): number {
  const [hour = 0, minute = 0] = turn.split(':').map(Number);
  return (hour * 60 + minute - start + MINUTES_A_DAY) % MINUTES_A_DAY;
}

test('no two hosts of a tier have their turn at the same time, whatever the window', () => {
  fc.assert(
    fc.property(windows, tiers, (window, tier) => {
      const begins = Array.from({ length: turnsIn(window) }, (_, index) => into(window, turnOf({ tier, ordinal: index + 1 }, window)));
      begins.slice(1).forEach((begin, index) => expect(begin - (begins[index] ?? 0)).toBeGreaterThanOrEqual(TURN_MINUTES));
    }),
  );
});

test('every turn lies within the window, over midnight as well', () => {
  fc.assert(
    fc.property(windows, tiers, fc.nat(), (window, tier, any) => {
      fc.pre(turnsIn(window) > 0);
      const ordinal = 1 + (any % turnsIn(window));
      expect(into(window, turnOf({ tier, ordinal }, window)) + TURN_MINUTES).toBeLessThanOrEqual(window.minutes);
    }),
  );
});

test('no two hosts of different tiers begin at the same minute', () => {
  const window = parseRebootWindow(REBOOT_WINDOW) as RebootWindow;
  const begins = TIERS.flatMap((tier) => Array.from({ length: 20 }, (_, index) => turnOf({ tier, ordinal: index + 1 }, window)));
  expect(new Set(begins).size).toBe(begins.length);
});

test('the default has turns for 20 hosts a tier, from one in the morning', () => {
  const window = parseRebootWindow(REBOOT_WINDOW) as RebootWindow;
  expect(turnsIn(window)).toBeGreaterThanOrEqual(20);
  expect(turnOf({ tier: 'lb', ordinal: 1 }, window)).toBe('01:00');
  expect(turnOf({ tier: 'mysql', ordinal: 3 }, window)).toBe('01:26');
});

test('a window may go over midnight', () => {
  expect(parseRebootWindow('23:30-01:00')).toEqual({ start: 23 * 60 + 30, minutes: 90 });
});
