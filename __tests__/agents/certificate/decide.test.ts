import { describe, expect, test } from 'vitest';
import { decide, type Attempts, type Request, type Situation } from '../../../agents/certificate/decide';
import { BEGIN, DAY, DIRECTORY, obtained } from './certificates';

const MINUTE = 60_000;
const request: Request = { directoryUrl: DIRECTORY, domains: ['www.example.test'] };
const situation = (change: Partial<Situation>): Situation => ({
  now: BEGIN,
  request,
  own: null,
  peers: null,
  holdsFloatingIp: true,
  attempts: null,
  renewNow: false,
  ...change,
});
const next = (change: Partial<Situation>) => decide(situation(change)).next;

describe('renewal', () => {
  const own = obtained({ days: 90 });

  test('begins when two thirds of the lifetime are over, however long that is', () => {
    expect(next({ own, now: BEGIN + 60 * DAY - MINUTE })).toBe('nothing');
    expect(next({ own, now: BEGIN + 60 * DAY })).toBe('obtain');
    expect(next({ own: obtained({ days: 6 }), now: BEGIN + 4 * DAY })).toBe('obtain');
  });

  test('is the business of the load balancer that holds the floating IP', () => {
    expect(decide(situation({ own, now: BEGIN + 80 * DAY, holdsFloatingIp: false }))).toEqual({ certificate: own, next: 'nothing' });
    expect(next({ holdsFloatingIp: false })).toBe('nothing');
    expect(next({ holdsFloatingIp: false, renewNow: true })).toBe('nothing');
  });

  test('leaves the old certificate in force while it is due', () => {
    expect(decide(situation({ own, now: BEGIN + 80 * DAY })).certificate).toBe(own);
  });

  test('comes at once when a person asks for it', () => {
    const attempts: Attempts = { request, failures: 9, lastAt: BEGIN, message: '' };
    expect(next({ own, renewNow: true, attempts })).toBe('obtain');
  });
});

describe('a certificate that does not answer the settings', () => {
  test.each([
    ['lacks a name', { domains: ['example.test'] }],
    ['is of another ACME server', { directoryUrl: 'https://staging.example.test/directory' }],
    ['is over', { from: BEGIN - 91 * DAY }],
  ])('%s: it is neither taken from the other load balancer nor kept', (_, wish) => {
    expect(decide(situation({ own: obtained(wish), peers: obtained(wish) }))).toEqual({ certificate: null, next: 'obtain' });
  });

  test('a wildcard and further names are no reason to renew', () => {
    expect(next({ own: obtained({ domains: ['*.example.test', 'example.test'] }) })).toBe('nothing');
  });
});

describe('between the two', () => {
  const [older, newer] = [obtained(), obtained({ from: BEGIN + DAY })];

  test('the newer certificate is taken, from whichever load balancer has it', () => {
    const now = BEGIN + 2 * DAY;
    expect(decide(situation({ own: older, peers: newer, now, holdsFloatingIp: false })).certificate).toBe(newer);
    expect(decide(situation({ own: newer, peers: older, now })).certificate).toBe(newer);
    expect(decide(situation({ own: null, peers: older, now }))).toEqual({ certificate: older, next: 'nothing' });
  });

  test('what was taken from the other is in force before an attempt to renew it', () => {
    const now = BEGIN + 80 * DAY;
    expect(decide(situation({ own: older, peers: newer, now }))).toEqual({ certificate: newer, next: 'nothing' });
    expect(next({ own: newer, peers: older, now })).toBe('obtain');
    expect(next({ own: older, peers: newer, now, renewNow: true })).toBe('obtain');
  });

  test('one that the other has obtained saves the own renewal', () => {
    const now = BEGIN + 61 * DAY;
    expect(next({ own: older, peers: obtained({ from: BEGIN + 60 * DAY }), now })).toBe('nothing');
  });
});

describe('after failures', () => {
  const after = (failures: number, change: Partial<Request> = {}): Attempts => ({
    request: { ...request, ...change },
    failures,
    lastAt: BEGIN,
    message: 'refused',
  });
  const waits = (failures: number) => {
    const { next: what, until } = decide(situation({ attempts: after(failures), now: BEGIN + 1 }));
    return [what, ((until ?? 0) - BEGIN) / MINUTE];
  };

  test('the pauses double from 2 min to 12 h, so that no more than five are within an hour', () => {
    expect([1, 2, 3, 4, 5, 9, 10, 50].map(waits)).toEqual([2, 4, 8, 16, 32, 512, 720, 720].map((minutes) => ['wait', minutes]));
  });

  test('it is tried again when the pause is over', () => {
    expect(next({ attempts: after(1), now: BEGIN + 2 * MINUTE })).toBe('obtain');
  });

  test('changed settings are tried at once', () => {
    expect(next({ attempts: after(9, { directoryUrl: 'https://other.test/dir' }), now: BEGIN + 1 })).toBe('obtain');
    expect(next({ attempts: after(9, { domains: [] }), now: BEGIN + 1 })).toBe('obtain');
  });
});
