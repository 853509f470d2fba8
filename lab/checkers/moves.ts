import type { Evidence, Observation } from './history';
import { invalid, unsure, type Checker } from './verdict';

export interface Move {
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

/** Moves from one holder to another; times without a holder are skipped. */
export function moves(observations: readonly Observation[], subject: string): Move[] {
  const found: Move[] = [];
  let holder: string | undefined;
  for (const { at, value } of [...observations].filter((seen) => seen.subject === subject).sort((a, b) => a.at - b.at)) {
    if (value === null || value === holder) continue;
    if (holder !== undefined) found.push({ at, from: holder, to: value });
    holder = value;
  }
  return found;
}

/** The address moves at most `limit` times. */
export function addressMovedAtMost(limit: number): Checker {
  return movedAtMost('floating-ip', limit, 'the floating IP');
}

export function primaryMovedAtMost(limit: number): Checker {
  return movedAtMost('primary', limit, 'the role PRIMARY');
}

export function movedAtMost(subject: string, limit: number, called: string): Checker {
  const name = `movedAtMost(${subject}, ${limit})`;
  return {
    name,
    check: ({ observations }) => {
      if (!observations.some((seen) => seen.subject === subject && seen.value !== null))
        return [unsure(name, `the holder of ${called} was never observed`)];
      const seen = moves(observations, subject);
      return seen.length <= limit
        ? []
        : [invalid(name, `${called} moved ${seen.length} times, allowed is ${limit}: ${path(seen)}`, seen[limit]?.at)];
    },
  };
}

/** No role or address returns to its former holder within `windowMilliseconds`: then two machines would be fighting for it. */
export function nothingOscillates(
  windowMilliseconds: number,
  subjects: readonly string[] = ['floating-ip', 'nat-gateway', 'primary'],
): Checker {
  const name = 'nothingOscillates';
  return {
    name,
    check: ({ observations }: Evidence) => {
      const known = subjects.filter((subject) => observations.some((seen) => seen.subject === subject && seen.value !== null));
      if (known.length === 0) return [unsure(name, `never observed: ${subjects.join(', ')}`)];
      return known.flatMap((subject) => {
        const seen = moves(observations, subject);
        return seen
          .filter((move, n) => n > 0 && move.to === seen[n - 1]!.from && move.at - seen[n - 1]!.at < windowMilliseconds)
          .map((move) => invalid(name, `${subject} went back to ${move.to} within ${windowMilliseconds} ms`, move.at));
      });
    },
  };
}

function path(seen: readonly Move[]): string {
  return [seen[0]?.from, ...seen.map((move) => move.to)].join(' -> ');
}
