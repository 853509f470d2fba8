import type { Obtained } from './obtained';

/** What the settings ask for. */
export interface Request {
  readonly directoryUrl: string;
  readonly domains: readonly string[];
}

/** Failures in a row at one and the same request. */
export interface Attempts {
  readonly request: Request;
  readonly failures: number;
  /** Milliseconds since the epoch. */
  readonly lastAt: number;
  /** What the client said. */
  readonly message: string;
}

export interface Situation {
  readonly now: number;
  readonly request: Request;
  /** What this load balancer has, and what the other one has just shown. */
  readonly own: Obtained | null;
  readonly peers: Obtained | null;
  /** The floating IP leads to this load balancer. */
  readonly holdsFloatingIp: boolean;
  readonly attempts: Attempts | null;
  /** A person asked for a new one. */
  readonly renewNow: boolean;
}

export interface Decision {
  /** The certificate in force from now on, if there is any. */
  readonly certificate: Obtained | null;
  /** wait: it is due, but the last attempt has failed not long ago. */
  readonly next: 'nothing' | 'obtain' | 'wait';
  /** When a wait is over, in milliseconds since the epoch. */
  readonly until?: number;
}

/** Renewed for the last third of its life: what Let's Encrypt advises, for 90 days as for 6. */
const DUE_AT = 2 / 3;
/** Let's Encrypt refuses after five failures for a name within an hour: these are at 0, 2, 6, 14, 30, 62 min, ... */
const FIRST_WAIT_MS = 2 * 60_000;
const LONGEST_WAIT_MS = 12 * 3_600_000;

export function decide(situation: Situation): Decision {
  const { now, request, own, peers, holdsFloatingIp, renewNow } = situation;
  const certificate = newest([own, peers].filter((each) => each !== null && answers(each, request, now)));
  const due = renewNow || !certificate || now >= certificate.from + DUE_AT * (certificate.until - certificate.from);
  // The other one holds the address, or will when this one is wanted no more: it obtains, and this one takes it from there
  if (!due || !holdsFloatingIp) return { certificate, next: 'nothing' };
  // What was just taken goes to HAProxy first, whatever becomes of an attempt; the next look is in a minute
  if (certificate && certificate === peers && !renewNow) return { certificate, next: 'nothing' };
  const until = renewNow ? now : endOfWait(situation.attempts, request);
  return now < until ? { certificate, next: 'wait', until } : { certificate, next: 'obtain' };
}

function newest(candidates: readonly (Obtained | null)[]): Obtained | null {
  return candidates.reduce((best, each) => (best === null || (each !== null && each.from > best.from) ? each : best), null);
}

/** Of the server that is asked now, for all names, and not over. */
function answers({ directoryUrl, certificate, until }: Obtained, request: Request, now: number): boolean {
  return (
    directoryUrl === request.directoryUrl &&
    now < until &&
    request.domains.every((name) => certificate.checkHost(name, { subject: 'never' }) !== undefined)
  );
}

function endOfWait(attempts: Attempts | null, request: Request): number {
  if (!attempts || !sameRequest(attempts.request, request)) return 0;
  return attempts.lastAt + Math.min(FIRST_WAIT_MS * 2 ** (attempts.failures - 1), LONGEST_WAIT_MS);
}

/** A changed setting is tried at once. */
export function sameRequest(one: Request, other: Request): boolean {
  return one.directoryUrl === other.directoryUrl && one.domains.join() === other.domains.join();
}
