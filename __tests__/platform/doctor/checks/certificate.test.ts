import { expect, test } from 'vitest';
import { checkCertificate } from '../../../../platform/doctor/checks/certificate';
import type { ShownCertificate } from '../../../../platform/doctor/facts';
import { BEFORE, deployed, ENVIRONMENT, levels, lines, NOW } from '../healthy';

type Mode = (typeof ENVIRONMENT)['certificate']['mode'];
const inDays = (days: number) => new Date(NOW.getTime() + days * 86_400_000);
const shown: ShownCertificate = { issuer: "Let's Encrypt (R12)", endsAt: inDays(60), isForName: true, trusted: true };
const check = (mode: Mode, given: Partial<ShownCertificate>, ownEnd?: Date) =>
  checkCertificate({
    now: NOW,
    state: { answer: new Map() },
    environment: { ...ENVIRONMENT, certificate: { mode, letsEncrypt: mode === 'acme', ownEnd } },
    certificate: { answer: { ...shown, ...given } },
  });

test('tells who issued it and when it ends', () => {
  expect(lines(check('acme', {}))).toEqual(["fine: www.example.com is shown one of Let's Encrypt (R12), until 2027-01-28"]);
});

test.each([
  ['acme', { endsAt: inDays(-1) }, /has ended -> the names have to lead to the floating IP; .*certificate-agent/],
  ['acme', { endsAt: inDays(9) }, /in 9 days -> .*certificate-agent/],
  ['acme', { isForName: false }, /for other names -> /],
  ['acme', { trusted: false, issuer: 'self-signed CA' }, /one of self-signed CA, .* does not trust that issuer -> .*certificate-agent/],
  ['files', { endsAt: inDays(9) }, /-> put another into the files/],
  ['self-signed', { endsAt: inDays(-1) }, /has ended -> deploy again$/],
] as const)('warns in mode %s of %j', (mode, given, says) => {
  expect(lines(check(mode, given))).toEqual([expect.stringMatching(says)]);
  expect(levels(check(mode, given))).toEqual(['warning']);
});

test('does not mind that nobody trusts a self-signed one, and only Cloudflare one of its Origin CA', () => {
  expect(levels(check('self-signed', { trusted: false }))).toEqual(['fine']);
  expect(levels(check('cloudflare-origin', { trusted: false }))).toEqual(['fine']);
});

test('refuses a file whose certificate has ended, and warns of one that soon does', () => {
  expect(lines(check('files', {}, inDays(-1)))[0]).toMatch(
    /^wrong: the one in certificate.certificateFile has ended on 2026-11-28 -> put another/,
  );
  expect(lines(check('files', {}, inDays(20)))[0]).toMatch(/^warning: .* ends on 2026-12-19, in 20 days/);
  expect(levels(check('files', {}, inDays(40)))).toEqual(['fine', 'fine']);
});

test('warns when nobody answers, and only says so before the first deploy', () => {
  expect(lines(checkCertificate(deployed({ certificate: { failure: 'connect ECONNREFUSED' } })))).toEqual([
    expect.stringMatching(/^warning: nobody shows one for www.example.com: connect ECONNREFUSED -> on the load balancers/),
  ]);
  expect(levels(checkCertificate(BEFORE))).toEqual(['note']);
});

test("tells when the certificate of Cloudflare's Origin CA ends, which nobody else sees", () => {
  const withEnd = (endsAt: Date) =>
    lines(
      checkCertificate({
        ...deployed({ state: { answer: new Map([['cloudflare_origin_ca_certificate.edge_origin_1', { id: '1', endsAt }]]) } }),
        environment: { ...ENVIRONMENT, certificate: { mode: 'cloudflare-origin', letsEncrypt: false } },
      }),
    )[0];
  expect(withEnd(inDays(200))).toBe("fine: the one of Cloudflare's Origin CA ends on 2027-06-17");
  expect(withEnd(inDays(20))).toMatch(/^warning: .* ends on 2026-12-19, in 20 days -> deploy again$/);
});
