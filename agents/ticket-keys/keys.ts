/** A key that encrypts session tickets (RFC 5077; RFC 8446, 4.6.1) for one hour, and decrypts them for three. */
export interface TicketKey {
  /** In which it encrypts: hours since 1970. */
  readonly hour: number;
  /** Unix time in seconds. */
  readonly madeAt: number;
  /** Base64 of 80 bytes, as HAProxy reads it: name, key of the HMAC and key of AES-256. */
  readonly secret: string;
}

export const SECRET_BYTES = 80;
const HOUR_MS = 3_600_000;

/** The hours whose keys a load balancer has: the last one, this one, whose key encrypts, and the next one. In HAProxy's order. */
export function hoursAt(nowMs: number): readonly [number, number, number] {
  const hour = Math.floor(nowMs / HOUR_MS);
  return [hour - 1, hour, hour + 1];
}

/**
 * The keys of `hoursAt`. Both load balancers get the same ones, no matter which of them asks first: of two keys for an hour the one that
 * was made first counts. So a load balancer that has just booted takes the keys by which visitors' sessions can be resumed.
 */
export function agreedKeys(nowMs: number, known: readonly TicketKey[], makeSecret: () => string): TicketKey[] {
  const made = (hour: number): TicketKey => ({ hour, madeAt: Math.floor(nowMs / 1000), secret: makeSecret() });
  return hoursAt(nowMs).map((hour) => known.filter((key) => key.hour === hour).sort(firstMade)[0] ?? made(hour));
}

const firstMade = (one: TicketKey, other: TicketKey) => one.madeAt - other.madeAt || (one.secret < other.secret ? -1 : 1);

/** What of `wanted` HAProxy has to be told: each key that it is told takes the place of its oldest. */
export function missingKeys(has: readonly string[], wanted: readonly string[]): readonly string[] {
  const kept = wanted.map((_, index) => wanted.length - index).find((count) => wanted.slice(0, count).join() === has.slice(-count).join());
  return wanted.slice(kept ?? 0);
}

/** On one line and without a space, as an entry of one of HAProxy's maps. */
export function formatKeys(keys: readonly TicketKey[]): string {
  return keys.map(({ hour, madeAt, secret }) => `${hour}:${madeAt}:${secret}`).join(',');
}

/** @throws if a load balancer cannot have written it */
export function parseKeys(text: string): TicketKey[] {
  return text
    .trim()
    .split(',')
    .map((key) => {
      const [, hour, madeAt, secret = ''] = /^(\d{1,10}):(\d{1,12}):([A-Za-z0-9+/]{107}=)$/.exec(key) ?? [];
      // No part of it in the message: the rest may be secret
      if (Buffer.from(secret, 'base64').length !== SECRET_BYTES)
        throw new Error('what should be keys of session tickets is something else');
      return { hour: Number(hour), madeAt: Number(madeAt), secret };
    });
}
