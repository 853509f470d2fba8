import { isWrite, ofStream, type Operation, type Stream } from './history';

/** A period without service: from the start of the first failed request to the end of the first that succeeded again. */
export interface Outage {
  readonly from: number;
  /** undefined: service did not come back before the history ended. */
  readonly to: number | undefined;
  readonly failed: number;
}

/** Fewer successes than this between two outages do not count as service: the two are one. */
const CONFIRMATIONS = 3;

export function outages(operations: readonly Operation[], stream: Stream = 'probe'): Outage[] {
  const found: Outage[] = [];
  let from: number | undefined;
  let failed = 0;
  let successes: Operation[] = [];
  for (const operation of ofStream(operations, stream)) {
    if (operation.outcome !== 'acknowledged') {
      from ??= operation.start;
      failed += 1;
      successes = [];
    } else if (from !== undefined) {
      successes.push(operation);
      if (successes.length < CONFIRMATIONS) continue;
      found.push({ from, to: successes[0]!.end, failed });
      from = undefined;
      failed = 0;
      successes = [];
    }
  }
  // The history ends with fewer successes than are needed: service counts as back.
  if (from !== undefined) found.push({ from, to: successes[0]?.end, failed });
  return found;
}

/** The longest outage in milliseconds; 0 if no request failed, undefined without a request, Infinity if it never ended. */
export function longestOutage(operations: readonly Operation[], stream: Stream = 'probe'): number | undefined {
  if (ofStream(operations, stream).length === 0) return undefined;
  return Math.max(0, ...outages(operations, stream).map(({ from, to }) => (to === undefined ? Infinity : to - from)));
}

/** A gap between two acknowledgements; `to` is undefined if no further one came. */
export interface Gap {
  readonly from: number;
  readonly to: number | undefined;
}

/**
 * Milliseconds from the last write acknowledged before the fault to the first acknowledged after it. undefined if no
 * write was acknowledged before the fault, Infinity if none was after it. Writes to one member directly, past the
 * application, do not count.
 */
export function writeGap(operations: readonly Operation[], faultAt: number): number | undefined {
  return gapLength(
    longestGap(
      operations.filter((operation) => isWrite(operation) && operation.stream !== 'direct-write'),
      faultAt,
    ),
  );
}

/** The same for any kind of operation. */
export function acknowledgementGap(operations: readonly Operation[], faultAt: number): number | undefined {
  return gapLength(longestGap(operations, faultAt));
}

/** The longest gap that reaches past the fault: a single acknowledgement just after the fault must not hide it. */
export function longestGap(operations: readonly Operation[], faultAt: number): Gap | undefined {
  const ends = operations
    .filter((operation) => operation.outcome === 'acknowledged')
    .map((operation) => operation.end)
    .sort((a, b) => a - b);
  const before = ends.findLastIndex((end) => end <= faultAt);
  if (before === -1) return undefined;
  const gaps = ends.slice(before).map((from, n, all): Gap => ({ from, to: all[n + 1] }));
  // The time after the last acknowledgement is no gap, unless none came after the fault.
  if (gaps.length === 1) return gaps[0];
  return gaps.slice(0, -1).reduce((longest, gap) => (gapLength(gap)! > gapLength(longest)! ? gap : longest));
}

function gapLength(gap: Gap | undefined): number | undefined {
  return gap && (gap.to === undefined ? Infinity : gap.to - gap.from);
}

/** Milliseconds from `moment` to the first acknowledgement after it, including writes that began earlier. */
export function acknowledgedAfter(operations: readonly Operation[], moment: number): number | undefined {
  const ends = operations
    .filter((operation) => operation.outcome === 'acknowledged' && operation.end > moment)
    .map((operation) => operation.end);
  return ends.length === 0 ? undefined : ends.reduce((least, end) => Math.min(least, end)) - moment;
}

/** Milliseconds from `moment` to the end of the first request that was started after it and succeeded. */
export function serviceAfter(operations: readonly Operation[], moment: number, stream: Stream = 'probe'): number | undefined {
  const first = ofStream(operations, stream).find((operation) => operation.start >= moment && operation.outcome === 'acknowledged');
  return first && first.end - moment;
}
