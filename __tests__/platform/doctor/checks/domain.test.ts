import { expect, test } from 'vitest';
import { checkCaa, checkDomains } from '../../../../platform/doctor/checks/domain';
import type { CaaRecord, NameFacts } from '../../../../platform/doctor/facts';
import { ADDRESS, BEFORE, deployed, ENVIRONMENT, levels, lines } from '../healthy';

const NAME = 'www.example.com';
const names = (given: Partial<NameFacts>) => ({
  [NAME]: { a: { answer: [ADDRESS] }, aaaa: { answer: [] }, caa: { answer: null }, ...given },
});

test('accepts one A record that leads to the floating IP', () => {
  expect(lines(checkDomains(deployed()))).toEqual([`fine: ${NAME} leads to the floating IP ${ADDRESS}`]);
});

test.each([
  [[], `${NAME} has no A record, and not to the floating IP`],
  [['203.0.113.9'], `${NAME} leads to 203.0.113.9, and not to the floating IP`],
  [[ADDRESS, '203.0.113.9'], `${NAME} leads to ${ADDRESS}, 203.0.113.9, and not to the floating IP`],
])('warns of A records %j, with the record to make', (a, says) => {
  const [found] = lines(checkDomains(deployed({ names: names({ a: { answer: a } }) })));
  expect(found).toContain(`warning: ${says} ${ADDRESS} alone -> make one A record: ${NAME} A ${ADDRESS}`);
});

test('warns of an AAAA record, which leads elsewhere', () => {
  expect(lines(checkDomains(deployed({ names: names({ aaaa: { answer: ['2001:db8::1'] } }) })))).toContainEqual(
    expect.stringMatching(/^warning: .* has the AAAA record 2001:db8::1.* -> remove the AAAA record$/),
  );
});

test('only tells where the name leads before there is a floating IP', () => {
  expect(lines(checkDomains(BEFORE))).toEqual([
    `note: ${NAME} has no A record; the floating IP is made by the first deploy: point it there then`,
  ]);
});

test('leaves records at Cloudflare to the deploy', () => {
  expect(
    levels(checkDomains({ ...deployed(), names: {}, environment: { ...ENVIRONMENT, cloudflare: { zone: 'example.com', proxied: true } } })),
  ).toEqual(['note']);
});

test('says that a resolver does not answer, and how to ask another', () => {
  expect(lines(checkDomains(deployed({ names: names({ a: { failure: 'queryA ETIMEOUT www.example.com' } }) })))).toEqual([
    expect.stringMatching(/^warning: A record of www.example.com: queryA ETIMEOUT .* -> ask another resolver: --resolver/),
  ]);
});

const withCaa = (...records: Partial<CaaRecord>[]) => ({
  environment: { ...ENVIRONMENT, certificate: { mode: 'acme', letsEncrypt: true } as const },
  names: names({ caa: { answer: { at: 'example.com', records: records.map((record) => ({ critical: 0, ...record })) } } }),
});

test.each([
  [{ issue: 'letsencrypt.org' }],
  [{ issue: 'LetsEncrypt.org ; validationmethods=dns-01,http-01' }],
  [{ iodef: 'mailto:security@example.com' }],
  [{ critical: 128, issue: 'letsencrypt.org' }],
])("lets Let's Encrypt issue by CAA %j", (record) => {
  expect(levels(checkCaa(withCaa(record)))).toEqual(['fine']);
});

test.each([
  [
    { issue: 'digicert.com' },
    'allow "digicert.com", and so not Let\'s Encrypt -> add the record: example.com CAA 0 issue "letsencrypt.org"',
  ],
  [{ issue: ';' }, "and so not Let's Encrypt"],
  [{ issue: 'letsencrypt.org; validationmethods=dns-01' }, 'for another account or method'],
  [{ issue: 'letsencrypt.org;accounturi=https://acme-v02.api.letsencrypt.org/acme/acct/1' }, 'for another account or method'],
  [{ critical: 128, tbs: 'Unknown' }, 'has a critical CAA record "tbs"'],
])('refuses CAA %j', (record, says) => {
  const [found] = lines(checkCaa(withCaa(record)));
  expect(found).toMatch(/^wrong: /);
  expect(found).toContain(says);
});

test("one record that allows Let's Encrypt is enough beside others", () => {
  expect(levels(checkCaa(withCaa({ issue: 'digicert.com' }, { issue: 'letsencrypt.org' })))).toEqual(['fine']);
});

test("asks for CAA records only where the certificate comes from Let's Encrypt", () => {
  const refusing = withCaa({ issue: 'digicert.com' });
  expect(checkCaa({ ...refusing, environment: ENVIRONMENT })).toEqual([]);
  expect(checkCaa({ ...refusing, environment: { ...ENVIRONMENT, certificate: { mode: 'acme', letsEncrypt: false } } })).toEqual([]);
});
