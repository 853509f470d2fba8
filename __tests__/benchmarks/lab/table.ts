import type { Costs, Part, RequestKind } from '../../../platform/capacity/costs';
import { fill, table } from '../markdown';
import type { Paced } from '../paced';

export const WAYS = ['chain', 'bare'] as const;
export type Way = (typeof WAYS)[number];

/** At the pace of the benchmark; the round with the middle median. */
export interface LabFigures extends Pick<Paced, 'requestsPerSecond' | 'median' | 'p99'> {
  /**
   * Microseconds a request that each program used more than without requests, all machines of its tier together:
   * `lb haproxy`, `web systemd-journald`. Only those that used one or more.
   */
  readonly processorTime: Readonly<Record<string, number>>;
}

/** One kind of request, as `docs/measurements/lab.json` keeps it. */
export interface LabMeasurement {
  readonly what: string;
  /** From a visitor through all machines. */
  readonly chain: LabFigures;
  /** Without TLS, from the tier in front, to the first server that answers by itself. */
  readonly bare: LabFigures;
  readonly seconds: number;
  readonly rounds: number;
  readonly commit: string;
  /** 2026-11-30 */
  readonly date: string;
  readonly machine: string;
}

const HEADER = [
  'what is asked for',
  'requests/s: chain, bare',
  'median: chain, bare',
  'added',
  '99 %: chain, bare',
  'processor time of the chain, µs',
];
const NOT_YET = '*Not measured yet.*\n';

/** The Markdown with its table as the measurements have it. */
export function fillLabTable(markdown: string, measurements: readonly LabMeasurement[]): string {
  return fill(markdown, 'lab', measurements.length === 0 ? NOT_YET : labTable(measurements));
}

export function labTable(measurements: readonly LabMeasurement[]): string {
  const rows = measurements.map(({ what, chain, bare }) => [
    what,
    `${chain.requestsPerSecond}, ${bare.requestsPerSecond}`,
    `${ms(chain.median)}, ${ms(bare.median)}`,
    ms(chain.median - bare.median),
    `${ms(chain.p99)}, ${ms(bare.p99)}`,
    Object.entries(chain.processorTime)
      .map(([program, microseconds]) => `${program} ${microseconds}`)
      .join(', '),
  ]);
  return table(HEADER, rows);
}

const ms = (milliseconds: number): string => `${milliseconds.toFixed(2)} ms`;

/** Of each program: what it used between two readings, without what it uses while nobody asks. */
export function usedByRequests(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  { seconds, idlePerSecond, requests }: { seconds: number; idlePerSecond: ReadonlyMap<string, number>; requests: number },
): Record<string, number> {
  const perRequest = [...after].map(([program, used]): [string, number] => [
    program,
    Math.round((used - (before.get(program) ?? 0) - (idlePerSecond.get(program) ?? 0) * seconds) / requests),
  ]);
  return Object.fromEntries(perRequest.filter(([, microseconds]) => microseconds >= 1));
}

const KIND: Readonly<Record<string, RequestKind>> = {
  'static file': 'static file',
  'small answer of Node': 'small answer',
  'database page': 'database page',
  write: 'write',
};
const PROGRAM: Readonly<Record<Part, string>> = {
  lb: 'lb haproxy',
  web: 'web nginx',
  app: 'app app',
  readers: 'mysql mysql',
  primary: 'mysql mysql',
};

/**
 * What `npx platform capacity` reckons with, beside what the program used on the lab: `write: lb haproxy 100 / 130 = 0.77`. Of a write
 * the lab has what all members used, the reckoning the one that writes.
 */
export function reckoned(measurements: readonly LabMeasurement[], { requests }: Costs): readonly string[] {
  return measurements.flatMap(({ what, chain }) => {
    const kind = KIND[what];
    if (!kind) return [];
    return (Object.entries(requests[kind]) as [Part, number][]).flatMap(([part, cost]) => {
      const used = chain.processorTime[PROGRAM[part]];
      return used === undefined ? [] : [`${what}: ${PROGRAM[part]} ${cost} / ${used} = ${(cost / used).toFixed(2)}`];
    });
  });
}
