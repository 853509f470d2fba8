import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { agreedKeys, formatKeys, hoursAt, missingKeys, parseKeys, SECRET_BYTES, type TicketKey } from '../../../agents/ticket-keys/keys';

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2030, 0, 1, 12);
const secret = () => randomBytes(SECRET_BYTES).toString('base64');
const keysAt = (nowMs: number, known: readonly TicketKey[] = []) => agreedKeys(nowMs, known, secret);
const secrets = (keys: readonly TicketKey[]) => keys.map((key) => key.secret);

describe('keys', () => {
  test('are those of the last hour, of this one, in which it encrypts, and of the next one', () => {
    expect(hoursAt(NOON).map((hour) => new Date(hour * HOUR_MS).toISOString().slice(11, 16))).toEqual(['11:00', '12:00', '13:00']);
    expect(hoursAt(NOON + HOUR_MS - 1)).toEqual(hoursAt(NOON));
    expect(keysAt(NOON).map(({ hour }) => hour)).toEqual(hoursAt(NOON));
  });

  test('are random', () => {
    expect(new Set(secrets(keysAt(NOON))).size).toBe(3);
  });

  test('stay for their hour, and move on by one with the next, of which nobody knew before', () => {
    const keys = keysAt(NOON);
    expect(keysAt(NOON + HOUR_MS - 1, keys)).toEqual(keys);
    const later = keysAt(NOON + HOUR_MS, keys);
    expect(later.slice(0, 2)).toEqual(keys.slice(1));
    expect(secrets(keys)).not.toContain(later[2]?.secret);
  });

  test('of a load balancer that was off for a day are forgotten', () => {
    const keys = keysAt(NOON);
    expect(secrets(keysAt(NOON + 24 * HOUR_MS, keys)).filter((each) => secrets(keys).includes(each))).toEqual([]);
  });
});

describe('two load balancers', () => {
  test('get the same keys, no matter which of them asks first', () => {
    const [one, other] = [keysAt(NOON), keysAt(NOON)];
    const first = keysAt(NOON, [...one, ...other]);
    expect(keysAt(NOON, [...other, ...first])).toEqual(first);
    expect(keysAt(NOON, [...other, ...one])).toEqual(first);
  });

  test('keep the keys by which sessions can be resumed when one of them has booted and made its own', () => {
    const serving = keysAt(NOON);
    const booted = keysAt(NOON + 60_000);
    expect(keysAt(NOON + 61_000, [...booted, ...serving])).toEqual(serving);
    expect(keysAt(NOON + 61_000, [...serving, ...booted])).toEqual(serving);
  });

  test('whose clocks differ by a minute at the turn of an hour each decrypt what the other encrypts', () => {
    const agreed = keysAt(NOON + HOUR_MS / 2);
    const [early, late] = [keysAt(NOON + HOUR_MS, agreed), keysAt(NOON + HOUR_MS - 60_000, agreed)];
    const encrypting = (keys: readonly TicketKey[]) => keys[1]?.secret ?? '';
    expect(secrets(late)).toContain(encrypting(early));
    expect(secrets(early)).toContain(encrypting(late));
  });
});

describe('what HAProxy is told', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'] as const;

  test.each([
    ['nothing where it has them', [a, b, c], []],
    ['the next one at the turn of an hour', ['z', a, b], [c]],
    ['two after two hours', ['x', 'y', a], [b, c]],
    ['all where it has others', ['x', 'y', 'z'], [a, b, c]],
    ['all where it has them in another order', [a, c, b], [a, b, c]],
  ])('is %s', (_, has, told) => {
    expect(missingKeys(has, [a, b, c])).toEqual(told);
    // It forgets its oldest for each that it is told
    expect([...has, ...told].slice(-3)).toEqual([a, b, c]);
  });

  test('is one key an hour', () => expect(missingKeys([a, b, c], [b, c, d])).toEqual([d]));
});

describe('keys as text', () => {
  test('are read back as they were written', () => {
    const keys = keysAt(NOON);
    expect(parseKeys(`${formatKeys(keys)}\n`)).toEqual(keys);
    expect(formatKeys(keys)).not.toMatch(/[\s;]/);
  });

  test.each([
    ['', 'nothing'],
    ['-', 'what HAProxy says of an entry that is missing'],
    [`1:2:${randomBytes(48).toString('base64')}`, 'keys of another length'],
    [`1:2:${'A'.repeat(107)}=;shutdown sessions`, 'more than keys'],
    [`x:2:${'A'.repeat(107)}=`, 'no hour'],
  ])('%j is refused: %s', (text) => {
    expect(() => parseKeys(text)).toThrow('what should be keys of session tickets is something else');
  });
});
