import type { Circumstances } from '../circumstances';
import { fill, table } from '../markdown';
import type { Paced } from '../paced';
import { WAYS, type Way } from './table';

/** One kind of request at the same pace on all ways, as `docs/measurements/latency.json` keeps it; milliseconds. */
export interface LatencyMeasurement extends Readonly<Record<Way, Latency>>, Circumstances {
  readonly what: string;
  /** Requests a second that were to be sent. */
  readonly pace: number;
  readonly seconds: number;
  readonly rounds: number;
}

/** Of the round with the middle median. */
export type Latency = Pick<Paced, 'requestsPerSecond' | 'median' | 'p99'>;

const NOT_YET = '*Not measured yet.*\n';

/** The Markdown with its table as the measurements have it. */
export function fillLatencyTable(markdown: string, measurements: readonly LatencyMeasurement[]): string {
  return fill(markdown, 'latency', measurements.length === 0 ? NOT_YET : latencyTable(measurements));
}

export function latencyTable(measurements: readonly LatencyMeasurement[]): string {
  return table(
    ['ms: median, 99 %', ...WAYS, 'ours adds to the median', 'requests/s, least of all'],
    measurements.map((each) => [
      each.what,
      ...WAYS.map((way) => `${ms(each[way].median)}, ${ms(each[way].p99)}`),
      ms(each.ours.median - each.bare.median),
      Math.min(...WAYS.map((way) => each[way].requestsPerSecond)),
    ]),
  );
}

export const ms = (milliseconds: number): string => milliseconds.toFixed(2);
