import { expect, test } from 'vitest';
import { addressBytes, contains, networkOf, normalizeCidr, parseCidr } from '../../../lab/providers/addresses';

test.each([
  ['10.1.2.3', '10.1.2.3/32'],
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['2001:DB8::1', '2001:db8::1/128'],
  ['2001:0db8:0000::/32', '2001:db8::/32'],
  ['::/0', '::/0'],
  ['nonsense', 'nonsense'],
])('writes %s as %s', (given, wanted) => {
  expect(normalizeCidr(given)).toBe(wanted);
});

test.each(['10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0/8', '10.0.0.0/8/9', '10.0.0.0/-1'])('refuses %s as a range', (given) => {
  expect(parseCidr(given)).toBeNull();
});

test.each([
  ['10.1.2.3/16', '10.1.0.0/16'],
  ['255.255.255.255/0', '0.0.0.0/0'],
  ['2001:db8:1:2::5/64', '2001:db8:1:2::/64'],
])('finds the network of %s', (given, wanted) => {
  expect(networkOf(parseCidr(given)!)).toBe(wanted);
});

test('knows what lies in a range, and keeps the families apart', () => {
  const range = parseCidr('10.0.1.0/24')!;
  expect(contains(range, '10.0.1.255')).toBe(true);
  expect(contains(range, '10.0.2.0')).toBe(false);
  expect(contains(range, '::1')).toBe(false);
});

test('has the bytes of an address', () => {
  expect(addressBytes('192.0.2.1')).toEqual(Buffer.of(192, 0, 2, 1));
  expect(addressBytes('::1')).toEqual(Buffer.concat([Buffer.alloc(15), Buffer.of(1)]));
});
