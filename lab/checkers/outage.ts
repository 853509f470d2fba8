import { isWrite, ofStream, type Operation, type Stream } from './history';

/** A time without service: from the start of the first failed request to the end of the first that succeeded again. */
export interface Outage {
  readonly from: number;
  /** undefined: service never came back while somebody looked. */
  readonly to: number | undefined;
  readonly failed: number;
}

/** A single success between failures is luck, not service: two outages closer than this many successes are one. */
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
  // A history that ends with fewer successes than confirm it: service is back as far as anybody can tell.
  if (from !== undefined) found.push({ from, to: successes[0]?.end, failed });
  return found;
}

/** The longest outage in milliseconds; 0 if no request failed, undefined if nobody asked, Infinity if it never ended. */
export function longestOutage(operations: readonly Operation[], stream: Stream = 'probe'): number | undefined {
  if (ofStream(operations, stream).length === 0) return undefined;
  return Math.max(0, ...outages(operations, stream).map(({ from, to }) => (to === undefined ? Infinity : to - from)));
}

/**
 * Milliseconds from the last write acknowledged before the fault to the first acknowledged after it: the longest
 * silence between two acknowledgements that reaches past `faultAt`. undefined if no write was acknowledged before
 * the fault, Infinity if none was after it.
 */
export function writeGap(operations: readonly Operation[], faultAt: number, until = Infinity): number | undefined {
  return acknowledgementGap(operations.filter((operation) => isWrite(operation) && operation.stream !== 'direct-write'), faultAt, until);
}

/** The same for any kind of operation. */
export function acknowledgementGap(operations: readonly Operation[], faultAt: number, until = Infinity): number | undefined {
  const acknowledged = operations.filter((operation) => operation.outcome === 'acknowledged').map((operation) => operation.end).sort((a, b) => a - b);
  const before = acknowledged.filter((end) => end <= faultAt).at(-1);
  if (before === undefined) return undefined;
  const after = acknowledged.filter((end) => end > faultAt);
  if (after.length === 0) return Infinity;
  let last = before;
  let longest = 0;
  for (const end of after) {
    if (last > until) break;
    longest = Math.max(longest, end - last);
    last = end;
  }
  return longest;
}

/** Milliseconds from `moment` to the end of the first request that was started after it and succeeded. */
export function serviceAfter(operations: readonly Operation[], moment: number, stream: Stream = 'probe'): number | undefined {
  const first = ofStream(operations, stream).find((operation) => operation.start >= moment && operation.outcome === 'acknowledged');
  return first && first.end - moment;
}
