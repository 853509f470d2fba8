import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressMovedAtMost, check, moves, nothingOscillates, primaryMovedAtMost, type Checker } from '../../../lab/checkers';
import { evidence, probes } from './histories';

const held = (...holders: (string | null)[]) => holders.map((value, n) => ({ at: n * 1000, subject: 'floating-ip', value }));
const judge = (checker: Checker, ...holders: (string | null)[]) =>
  check(evidence(probes('+'), { observations: held(...holders) }), [checker]);

test('time without a holder is not a move', () => {
  expect(moves(held('lb-1', null, 'lb-1', null, 'lb-2'), 'floating-ip')).toEqual([{ at: 4000, from: 'lb-1', to: 'lb-2' }]);
});

test('an address that moved more often than allowed is invalid, and the finding names its path', () => {
  expect(judge(addressMovedAtMost(1), 'lb-1', 'lb-1', 'lb-2').outcome).toBe('valid');
  expect(judge(addressMovedAtMost(1), 'lb-1', 'lb-2', 'lb-1').findings[0]!.message).toBe(
    'the floating IP moved 2 times, allowed is 1: lb-1 -> lb-2 -> lb-1',
  );
});

test('an address without observations is unknown', () => {
  expect(judge(addressMovedAtMost(1)).outcome).toBe('unknown');
  expect(judge(addressMovedAtMost(1), null).outcome).toBe('unknown');
  expect(judge(primaryMovedAtMost(1), 'lb-1').outcome).toBe('unknown');
});

test('a role that returns within the window oscillates, later it does not', () => {
  expect(judge(nothingOscillates(5000), 'lb-1', 'lb-2', 'lb-1').outcome).toBe('invalid');
  expect(judge(nothingOscillates(500), 'lb-1', 'lb-2', 'lb-1').outcome).toBe('valid');
});

test('the number of moves does not depend on the number of observations', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('lb-1', 'lb-2', null), { maxLength: 30 }), (holders) => {
      const often = holders.flatMap((holder) => [holder, holder, holder]);
      expect(moves(held(...often), 'floating-ip').length).toBe(moves(held(...holders), 'floating-ip').length);
    }),
  );
});
