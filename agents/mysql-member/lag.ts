import { isSubset, parseGtidSet } from './gtid';
import type { Report, Sample } from './report';

/** What the PRIMARY had, and this member not yet. Times in milliseconds, by this member's clock alone. */
export interface Lag {
  /** The PRIMARY and its group: what another one had says nothing of this one. */
  readonly of: string;
  readonly executed: string;
  readonly since: number;
  /** How long this member took for the one before: it does not catch up in the moment in which it has this one. */
  readonly before: number;
}

/**
 * Looked at again and again. A member whose disk is full may stop in many places (receiving, applying, committing), and MySQL shows none of
 * them reliably; what it lacks in the end shows them all.
 */
export function nextLag(lag: Lag | null, own: Sample | null, peers: readonly Report[], now: number): Lag | null {
  if (own?.role !== 'SECONDARY') return null;
  const primary = peers.find(
    ({ sample }) => sample?.state === 'ONLINE' && sample.role === 'PRIMARY' && sample.view?.epoch === own.view?.epoch,
  );
  if (!primary?.sample) return lag;
  const { executed, view } = primary.sample;
  const next = { of: `${primary.name} ${view?.epoch}`, executed, since: now, before: 0 };
  if (lag?.of !== next.of) return next;
  return isSubset(parseGtidSet(lag.executed), parseGtidSet(own.executed)) ? { ...next, before: now - lag.since } : lag;
}

/** Seconds; 0 where nobody is followed. */
export function lagSeconds(lag: Lag | null, now: number): number {
  return lag ? Math.max(now - lag.since, lag.before) / 1000 : 0;
}
