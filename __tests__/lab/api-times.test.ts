import { expect, test } from 'vitest';
import { parseApiTimes } from '../../lab/api-times';

test('api-times converts seconds to milliseconds, and a single number to a range', () => {
  expect(parseApiTimes('10', '1.5-2')).toEqual({ action: 10_000, answer: { from: 1500, to: 2000 } });
  expect(parseApiTimes(undefined, '2')).toEqual({ answer: { from: 2000, to: 2000 } });
  expect(parseApiTimes()).toEqual({});
});

test.each([
  ['ten', undefined, 'action is "ten", want seconds from 0 to 120'],
  ['121', undefined, 'action is "121"'],
  [undefined, '2-1.5', 'answer is "2-1.5", want the shorter time first'],
  [undefined, '-1', 'answer is "", want seconds'],
])('api-times refuses action %s and answer %s, with the remedy', (action, answer, message) => {
  expect(() => parseApiTimes(action, answer)).toThrow(message);
});
