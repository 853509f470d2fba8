import type { Gap, Observation, Operation, OperationOutcome } from '../checkers';
import { duration, escape } from './format';
import { logarithmic, round, type Scale } from './scale';
import { sampled } from './sampled';

export interface Lane {
  readonly height: number;
  readonly svg: string;
  /** Its name, to be drawn last: nothing may run through it. */
  readonly label: string;
}

const FASTEST = 1;
const SLOWEST = 30_000;
const LATENCIES: readonly [number, string][] = [
  [10, '10 ms'],
  [100, '0.1 s'],
  [1000, '1 s'],
  [10_000, '10 s'],
];
const SCATTER_HEIGHT = 92;
const BAND_HEIGHT = 18;
/** Good ones first, so that the bad ones are on top. */
const OUTCOMES: readonly OperationOutcome[] = ['acknowledged', 'unknown', 'failed'];

/** One dot for each request: its start, its duration (logarithmic), its outcome. */
export function scatterLane(label: string, operations: readonly Operation[], x: Scale, width: number, gaps: readonly Gap[] = []): Lane {
  const y = logarithmic(FASTEST, SLOWEST, SCATTER_HEIGHT - 6, 6);
  const grid = LATENCIES.map(
    ([latency, text]) =>
      `<path class="grid" d="M0 ${y(latency)}h${width}"/><text class="tick" x="-6" y="${y(latency) + 3}" text-anchor="end">${text}</text>`,
  );
  const dots = OUTCOMES.map((outcome) => {
    const shown = sampled(operations.filter((operation) => operation.outcome === outcome));
    // To the pixel, which is finer than a dot: many requests at one place are one dot.
    const places = new Set(
      shown.map((operation) => `M${Math.round(x(operation.start))} ${Math.round(y(operation.end - operation.start))}h0`),
    );
    return places.size === 0 ? '' : `<path class="dot ${outcome}" d="${[...places].join('')}"/>`;
  });
  return {
    height: SCATTER_HEIGHT,
    label: labelOf(label, SCATTER_HEIGHT),
    svg: [frame(width, SCATTER_HEIGHT), ...grid, ...gaps.map((gap) => gapBox(gap, x, width)), ...dots].join(''),
  };
}

/** The same without the latency: for connections that live long. */
export function stripLane(label: string, operations: readonly Operation[], x: Scale, width: number): Lane {
  const bars = OUTCOMES.map((outcome) => {
    const places = new Set(
      operations
        .filter((operation) => operation.outcome === outcome)
        .map(({ start, end }) => `M${x(start)} ${BAND_HEIGHT / 2}H${Math.max(x(start) + 1, x(end) - 1)}`),
    );
    return places.size === 0 ? '' : `<path class="bar ${outcome}" d="${[...places].join('')}"/>`;
  });
  return { height: BAND_HEIGHT, label: labelOf(label, BAND_HEIGHT), svg: [frame(width, BAND_HEIGHT), ...bars].join('') };
}

/** Observed states over time, as coloured pieces with their names in them. */
export function bandLane(label: string, seen: readonly Observation[], x: Scale, until: number, width: number, nothing: string): Lane {
  const pieces = seen.map(({ at, value }, n) => {
    const [left, right] = [x(at), x(seen[n + 1]?.at ?? until)];
    const name = value ?? nothing;
    const text = right - left > name.length * 6.2 + 6 ? `<text class="inband" x="${round(left + 4)}" y="13">${escape(name)}</text>` : '';
    return `<g class="${bandClass(value)}"><rect x="${left}" y="2" width="${round(Math.max(0.5, right - left))}" height="${BAND_HEIGHT - 4}"><title>${escape(`${label}: ${name}`)}</title></rect>${text}</g>`;
  });
  return { height: BAND_HEIGHT, label: labelOf(label, BAND_HEIGHT), svg: [frame(width, BAND_HEIGHT), ...pieces].join('') };
}

function gapBox({ from, to }: Gap, x: Scale, width: number): string {
  const [left, right] = [x(from), to === undefined ? width : x(to)];
  const text = to === undefined ? 'never ended' : duration(to - from);
  // Left of the box where there is no room to its right.
  const outside = right + 90 > width ? `x="${round(left - 4)}" text-anchor="end"` : `x="${round(right + 4)}"`;
  return `<rect class="gap" x="${left}" y="1" width="${round(Math.max(1, right - left))}" height="${SCATTER_HEIGHT - 2}"/><text class="gaptext" ${outside} y="14">${text}</text>`;
}

function bandClass(value: string | null): string {
  if (value === null) return 'nobody';
  if (value === 'MASTER' || value === 'PRIMARY') return 'leads';
  if (value === 'BACKUP' || value === 'SECONDARY') return 'follows';
  const ordinal = /^[a-z]+-(\d+)$/.exec(value)?.[1];
  return ordinal ? `host${((Number(ordinal) - 1) % 5) + 1}` : 'trouble';
}

function frame(width: number, height: number): string {
  return `<rect class="frame" width="${width}" height="${height}"/>`;
}

/** Above a tall lane, to the left of a flat one. */
function labelOf(text: string, height: number): string {
  const place = height > 30 ? 'x="0" y="-4"' : 'x="-6" y="13" text-anchor="end"';
  return `<text class="label" ${place}>${escape(text)}</text>`;
}
