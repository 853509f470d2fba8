import { expect, test } from 'vitest';
import { domainProblem, sourceProblem } from '../../lib/net/checks';

test.each(['example.com', 'www.example.test', 'a-b.example.co.uk', 'xn--bcher-kva.example'])('takes the domain %s', (name) => {
  expect(domainProblem('domain', name)).toBeUndefined();
});

test.each([
  ['https://www.example.com/', 'did you mean www.example.com?'],
  ['WWW.Example.com', 'did you mean www.example.com?'],
  ['www.example.com:443', 'did you mean www.example.com?'],
  ['www.example.com.', 'did you mean www.example.com?'],
  ['*.example.com', 'a name has no scheme, port, path or wildcard'],
  ['localhost', 'a name has no scheme, port, path or wildcard'],
  ['192.0.2.1', 'a name has no scheme, port, path or wildcard'],
])('refuses the domain %s: %s', (name, fix) => {
  expect(domainProblem('domain', name)).toMatchObject({ code: 'domain', got: name, fix });
});

test.each(['0.0.0.0/0', '203.0.113.5/32', '::/0', '2001:db8::/32'])('takes the source %s', (range) => {
  expect(sourceProblem('sources', range)).toBeUndefined();
});

test.each([
  ['203.0.113.5', 'did you mean 203.0.113.5/32?'],
  ['203.0.113.0', 'did you mean 203.0.113.0/24?'],
  ['10.0.0.0', 'did you mean 10.0.0.0/8?'],
  ['0.0.0.0', 'did you mean 0.0.0.0/0?'],
  ['10.0.1.7/24', 'did you mean 10.0.1.0/24?'],
  ['2001:db8::', 'did you mean 2001:db8::/64?'],
  ['2001:db8::1', 'did you mean 2001:db8::1/128?'],
  ['office', 'write an address and the number of bits that have to match'],
  ['10.0.0.0/40', 'write an address and the number of bits that have to match'],
])('answers the source %s with what was probably meant: %s', (range, fix) => {
  expect(sourceProblem('sources', range)).toMatchObject({ code: 'cidr', got: range, fix });
});

test.each([
  ['fe80::1%eth0/64', undefined],
  ['2001:0DB8::/32', '2001:db8::/32'],
  ['2001:db8::1/32', '2001:db8::/32'],
  ['::ffff:10.0.0.1/128', '::ffff:a00:1/128'],
  ['::0:0:0:0:0.0.0.0/128', '::/128'],
  ['2001:db8::/064', '2001:db8::/64'],
  ['010.0.0.0/8', '10.0.0.0/8'],
  ['10.0.0.0/8; } evil {', undefined],
  ['10.0.0.0/8/8', '10.0.0.0/8'],
  ['2001:db8::/32\n', undefined],
])('refuses %s, which some daemon would not read, or read as another', (range, meant) => {
  expect(sourceProblem('range', range)?.fix).toEqual(meant ? `did you mean ${meant}?` : expect.not.stringContaining('did you mean'));
});

test.each(['2001:db8::/32', '2001:DB8::/32', '::/0', '::1/128', 'fe80::/10', '0.0.0.0/0', '203.0.113.5/32'])('takes %s', (range) => {
  expect(sourceProblem('range', range)).toBeUndefined();
});
