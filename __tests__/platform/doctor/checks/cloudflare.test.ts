import { expect, test } from 'vitest';
import { checkCloudflare } from '../../../../platform/doctor/checks/cloudflare';
import type { CloudflareFacts } from '../../../../platform/doctor/facts';
import { BEFORE, ENVIRONMENT, levels, lines } from '../healthy';

const zone = { permissions: ['#dns_records:edit', '#dns_records:read'] };
const check = (given: Partial<CloudflareFacts>) =>
  checkCloudflare({
    environment: { ...ENVIRONMENT, cloudflare: { zone: 'example.com', proxied: true } },
    cloudflare: { answer: { zones: [zone], encryption: 'strict', ...given } },
  });

test('accepts a token that may edit the zone', () => {
  expect(lines(check({}))).toEqual(['fine: the token may edit the zone example.com']);
  expect(checkCloudflare(BEFORE)).toEqual([]);
});

test.each([
  [{ zones: [] }, /^wrong: the token sees no zone example.com -> check the setting cloudflare.zone/],
  [{ zones: [zone, zone] }, /^wrong: the token sees several zones example.com/],
  [{ zones: [{ permissions: ['#dns_records:read'] }] }, /^wrong: the token may read records of example.com, and not edit them/],
  [{ encryption: 'flexible' }, /^wrong: the zone has the SSL\/TLS mode flexible.* -> set it to Full \(strict\)/],
  [{ encryption: undefined }, /^warning: the SSL\/TLS mode of example.com could not be read/],
])('says what is wrong: %j', (given, says) => {
  expect(lines(check(given))).toEqual([expect.stringMatching(says)]);
});

test("shows Cloudflare's own words for a token that it does not take", () => {
  const environment = { ...ENVIRONMENT, cloudflare: { zone: 'example.com', proxied: false } };
  expect(lines(checkCloudflare({ environment, cloudflare: { failure: 'Cloudflare says 403 "Authentication error"' } }))).toEqual([
    expect.stringMatching(/^wrong: Cloudflare says 403 "Authentication error" -> make a token/),
  ]);
  expect(levels(checkCloudflare({ environment, cloudflare: { answer: { zones: [zone], encryption: 'flexible' } } }))).toEqual(['fine']);
});
