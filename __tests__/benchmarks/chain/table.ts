import type { Circumstances } from '../circumstances';
import { fill, table } from '../markdown';

/** `bare`: the first program that can answer by itself, without TLS and without anything in front. */
export const WAYS = ['ours', 'plain', 'Caddy', 'bare'] as const;
export type Way = (typeof WAYS)[number];

export type Program = 'HAProxy' | 'Nginx' | 'Caddy' | 'Node' | 'MySQL';

/** What one way did in the middle one of its rounds. */
export interface Figures {
  readonly requestsPerSecond: number;
  /** Microseconds of processor time a request, of each program on the way. */
  readonly processorTime: Readonly<Partial<Record<Program, number>>>;
}

/** One case, as `docs/measurements/chain.json` keeps it. Bare programs speak no HTTP/2. */
export interface ChainMeasurement extends Readonly<Partial<Record<Way, Figures>>>, Circumstances {
  /** `static file, h1, kept connections` */
  readonly what: string;
  readonly ours: Figures;
  readonly plain: Figures;
  readonly rounds: number;
}

const NONE = '';

/** The Markdown with its tables as the measurements have it. */
export function fillChainTable(markdown: string, measurements: readonly ChainMeasurement[]): string {
  return fill(markdown, 'chain', chainTables(measurements));
}

export function chainTables(measurements: readonly ChainMeasurement[]): string {
  return [
    table(
      ['requests/s', ...WAYS, 'ours / plain', 'ours / Caddy'],
      measurements.map((each) => [
        each.what,
        ...WAYS.map((way) => String(each[way]?.requestsPerSecond ?? NONE)),
        ratio(each.ours, each.plain),
        ratio(each.ours, each.Caddy),
      ]),
    ),
    table(
      ['processor time, µs a request', ...WAYS],
      measurements.map((each) => [each.what, ...WAYS.map((way) => programs(each[way]))]),
    ),
  ].join('\n');
}

/** Of requests a second; empty where the other way was not measured. */
export const ratio = (figures: Figures, other: Figures | undefined): string =>
  other ? (figures.requestsPerSecond / other.requestsPerSecond).toFixed(2) : NONE;

/** Those that used anything. */
const programs = (figures: Figures | undefined): string =>
  Object.entries(figures?.processorTime ?? {})
    .filter(([, microseconds]) => microseconds > 0)
    .map(([program, microseconds]) => `${program} ${microseconds}`)
    .join(', ');
