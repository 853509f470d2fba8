/**
 * Sets of transaction ids as MySQL prints them: `uuid:1-5:8,uuid:tag:1-3`. Agents compare the sets of members that
 * cannot be asked in SQL at that moment, so GTID_SUBSET and its kind are not enough.
 */
interface Interval {
  readonly first: number;
  readonly last: number;
}

/** Source (`uuid`, or `uuid:tag`) to its intervals: ascending, disjoint, not touching. */
export type GtidSet = ReadonlyMap<string, readonly Interval[]>;

/** As MySQL prints them, with numbers that can be counted with. */
export function isGtidSet(text: string): boolean {
  return text.split(',').every((part) => {
    const [source = '', ...rest] = part.trim().split(':');
    return (
      part.trim() === '' ||
      (/^[a-z0-9-]+$/i.test(source) &&
        rest.length > 0 &&
        rest.every((item) => isInterval(item.trim()) || /^[a-z_][a-z0-9_]{0,31}$/i.test(item.trim())))
    );
  });
}

function isInterval(text: string): boolean {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  return first !== undefined && Number(first) >= 1 && Number(first) <= Number(last) && Number.isSafeInteger(Number(last));
}

export function parseGtidSet(text: string): GtidSet {
  const found = new Map<string, Interval[]>();
  for (const part of text
    .split(',')
    .map((piece) => piece.trim())
    .filter(Boolean)) {
    const [uuid = '', ...rest] = part.toLowerCase().split(':');
    let source = uuid;
    for (const item of rest) {
      const match = /^(\d+)(?:-(\d+))?$/.exec(item.trim());
      if (!match) {
        source = `${uuid}:${item.trim()}`; // a tag: the intervals behind it are its own
        continue;
      }
      const first = Number(match[1]);
      found.set(source, [...(found.get(source) ?? []), { first, last: Number(match[2] ?? first) }]);
    }
  }
  return new Map([...found].map(([source, intervals]) => [source, merge(intervals)]));
}

export function formatGtidSet(set: GtidSet): string {
  return [...set]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([source, intervals]) => [source, ...intervals.map(formatInterval)].join(':'))
    .join(',');
}

export function union(...sets: readonly GtidSet[]): GtidSet {
  const all = new Map<string, Interval[]>();
  for (const set of sets) {
    for (const [source, intervals] of set) all.set(source, [...(all.get(source) ?? []), ...intervals]);
  }
  return new Map([...all].map(([source, intervals]) => [source, merge(intervals)]));
}

/** What is in `from` and not in `taken`. */
export function subtract(from: GtidSet, taken: GtidSet): GtidSet {
  const left = new Map<string, readonly Interval[]>();
  for (const [source, intervals] of from) {
    const holes = taken.get(source) ?? [];
    const rest = intervals.flatMap((interval) => cut(interval, holes));
    if (rest.length > 0) left.set(source, rest);
  }
  return left;
}

export function isSubset(inner: GtidSet, outer: GtidSet): boolean {
  return isEmpty(subtract(inner, outer));
}

export function isEmpty(set: GtidSet): boolean {
  return set.size === 0;
}

/** Number of transactions. */
export function sizeOf(set: GtidSet): number {
  return [...set.values()].flat().reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

function merge(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const next of [...intervals].sort((a, b) => a.first - b.first)) {
    const previous = merged.at(-1);
    if (previous && next.first <= previous.last + 1) {
      merged[merged.length - 1] = { first: previous.first, last: Math.max(previous.last, next.last) };
    } else {
      merged.push(next);
    }
  }
  return merged;
}

function cut(interval: Interval, holes: readonly Interval[]): Interval[] {
  const rest: Interval[] = [];
  let first = interval.first;
  for (const hole of holes) {
    if (hole.last < first || hole.first > interval.last) continue;
    if (hole.first > first) rest.push({ first, last: hole.first - 1 });
    first = hole.last + 1;
  }
  if (first <= interval.last) rest.push({ first, last: interval.last });
  return rest;
}

function formatInterval({ first, last }: Interval): string {
  return first === last ? `${first}` : `${first}-${last}`;
}
