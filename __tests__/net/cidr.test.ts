import { describe, expect, test } from 'vitest';
import { contains, formatAddress, formatRange, isPrivate, overlaps, parseAddress, parseRange, rangeOf } from '../../lib/net/cidr';

test('reads and writes addresses', () => {
  expect(parseAddress('255.255.255.255')).toBe(2 ** 32 - 1);
  expect(formatAddress(parseAddress('203.0.113.9') as number)).toBe('203.0.113.9');
  expect(['256.0.0.1', '1.2.3', '1.2.3.4.5', 'a.b.c.d', ''].map(parseAddress)).toEqual(Array(5).fill(undefined));
});

test('takes ranges in canonical form only', () => {
  expect(formatRange(rangeOf('10.0.1.0/24'))).toBe('10.0.1.0/24');
  expect(['10.0.1.7/24', '10.0.0.0', '10.0.0.0/33', '10.0.0.0/x'].map(parseRange)).toEqual(Array(4).fill(undefined));
  expect(() => rangeOf('10.0.1.7/24')).toThrow('10.0.1.7/24 is not an IPv4 range');
});

test.each([
  ['10.0.0.0/16', '10.0.1.0/24', true],
  ['10.0.1.0/24', '10.0.0.0/16', false],
  ['10.0.0.0/16', '10.1.0.0/24', false],
])('%s contains %s: %s', (outer, inner, expected) => {
  expect(contains(rangeOf(outer), rangeOf(inner))).toBe(expected);
});

test('finds overlaps whichever range is the larger', () => {
  expect(overlaps(rangeOf('10.0.0.0/16'), rangeOf('10.0.1.0/24'))).toBe(true);
  expect(overlaps(rangeOf('10.0.1.0/24'), rangeOf('10.0.0.0/16'))).toBe(true);
  expect(overlaps(rangeOf('10.0.1.0/24'), rangeOf('10.0.2.0/24'))).toBe(false);
});

describe('RFC 1918', () => {
  test.each(['10.0.0.0/8', '172.16.0.0/12', '172.31.0.0/16', '192.168.1.0/24'])('%s is private', (range) => {
    expect(isPrivate(rangeOf(range))).toBe(true);
  });
  test.each(['11.0.0.0/8', '172.32.0.0/16', '192.0.0.0/8', '0.0.0.0/0'])('%s is not', (range) => {
    expect(isPrivate(rangeOf(range))).toBe(false);
  });
});
