import { firstMark, longestGap, ofStream, outages, type Gap, type Mark, type Observation, type Operation, type Stream } from '../checkers';
import { duration } from './format';
import { bandLane, scatterLane, stripLane, type Lane } from './lanes';
import type { RunResult } from './result';
import { sampled } from './sampled';
import { linear, ticks, type Scale } from './scale';

const WIDTH = 980;
const LEFT = 110;
const RIGHT = 14;
const TOP = 26;
/** Of the silences between writes, in milliseconds: shorter ones are the writers' own pace. */
const SHORTEST_GAP = 300;

/** A run as a picture: time to the right, from the first fault; requests above, roles below. */
export function timeline(run: RunResult): string {
  const zero = zeroOf(run);
  const [from, to] = rangeOf(run);
  const x = linear(from, to, 0, WIDTH);
  const lanes = [...requestLanes(run, x), ...roleLanes(run, x, to)];
  let y = TOP;
  const placed = lanes.map((lane) => {
    // Tall lanes carry their name above them.
    y += lane.height > 30 ? 20 : 3;
    const at = (svg: string) => `<g transform="translate(0 ${y})">${svg}</g>`;
    const parts = { svg: at(lane.svg), label: at(lane.label) };
    y += lane.height;
    return parts;
  });
  const axis = ticks((from - zero) / 1000, (to - zero) / 1000, 12).map((second) => {
    const at = x(zero + second * 1000);
    return `<path class="grid" d="M${at} ${TOP}V${y}"/><text class="tick" x="${at}" y="${y + 14}" text-anchor="middle">${second} s</text>`;
  });
  const height = y + 22;
  return `<svg viewBox="${-LEFT} 0 ${WIDTH + LEFT + RIGHT} ${height}" role="img" aria-label="Timeline of run ${run.run}">${axis.join('')}${placed.map(({ svg }) => svg).join('')}${markLines(run.marks, x, y)}${placed.map(({ label }) => label).join('')}</svg>`;
}

/** The moments of the story in words, numbered as on the picture. */
export function momentsOf(run: RunResult): { readonly number: number; readonly at: string; readonly mark: Mark }[] {
  const zero = zeroOf(run);
  return run.marks.map((mark, n) => ({ number: n + 1, at: `${mark.at < zero ? '' : '+'}${duration(mark.at - zero)}`, mark }));
}

function zeroOf(run: RunResult): number {
  return firstMark(run, 'inject')?.at ?? rangeOf(run)[0];
}

function rangeOf(run: RunResult): [number, number] {
  const first = run.operations.reduce((least, { start }) => Math.min(least, start), Infinity);
  const last = run.operations.reduce((most, { end }) => Math.max(most, end), -Infinity);
  return first < last ? [first, last] : [run.startedAt, run.endedAt];
}

/** The streams that are drawn as dots, lane by lane. */
const DOTS: readonly { readonly label: string; readonly streams: readonly Stream[]; readonly gaps?: (run: RunResult) => Gap[] }[] = [
  { label: 'Requests on new connections, tried once', streams: ['probe'], gaps: ({ operations }) => outages(operations) },
  { label: 'GETs on kept connections', streams: ['get', 'keep-alive'] },
  { label: 'Writes, repeated until answered', streams: ['write', 'patient-write'], gaps: writeGaps },
  { label: 'Reads of what was written, repeated until answered', streams: ['read'] },
];

/** What the picture leaves out, in a sentence; undefined if it shows everything. */
export function thinned({ operations }: RunResult): string | undefined {
  const left = DOTS.map(({ streams }) => ofStream(operations, ...streams).filter(({ outcome }) => outcome === 'acknowledged')).filter(
    (all) => sampled(all).length < all.length,
  );
  if (left.length === 0) return undefined;
  return 'Of the many requests that succeeded quickly only some are drawn, evenly chosen; all that failed or took long are there, and all are counted in the figures.';
}

function requestLanes(run: RunResult, x: Scale): Lane[] {
  const { operations } = run;
  const lanes: Lane[] = [];
  for (const { label, streams, gaps } of DOTS) {
    const chosen = ofStream(operations, ...streams);
    if (chosen.length > 0) lanes.push(scatterLane(label, chosen, x, WIDTH, gaps?.(run)));
  }
  const strip = (label: string, chosen: readonly Operation[]) => {
    if (chosen.length > 0) lanes.push(stripLane(label, chosen, x, WIDTH));
  };
  strip('downloads', ofStream(operations, 'download'));
  strip('event streams', ofStream(operations, 'events'));
  strip('direct writes', ofStream(operations, 'direct-write'));
  strip('private to outside', ofStream(operations, 'egress'));
  return lanes;
}

/** Draws a box only for a silence that is wide enough to see. */
function writeGaps(run: RunResult): Gap[] {
  const fault = firstMark(run, 'inject');
  const gap = fault && longestGap(ofStream(run.operations, 'write', 'patient-write'), fault.at);
  return gap && (gap.to === undefined || gap.to - gap.from >= SHORTEST_GAP) ? [gap] : [];
}

const ADDRESSES: Readonly<Record<string, string>> = { 'floating-ip': 'floating IP at', 'nat-gateway': 'NAT gateway at' };

function roleLanes(run: RunResult, x: Scale, until: number): Lane[] {
  const bySubject = new Map<string, Observation[]>();
  for (const seen of [...run.observations].sort((a, b) => a.at - b.at))
    bySubject.set(seen.subject, [...(bySubject.get(seen.subject) ?? []), seen]);
  const rank = (subject: string) => (subject in ADDRESSES ? 0 : subject.startsWith('lb') ? 1 : 2);
  const subjects = [...bySubject.keys()].filter((subject) => subject !== 'primary').sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  return subjects.map((subject) =>
    bandLane(ADDRESSES[subject] ?? subject, bySubject.get(subject)!, x, until, WIDTH, subject in ADDRESSES ? 'nobody' : 'no answer'),
  );
}

function markLines(marks: readonly Mark[], x: Scale, bottom: number): string {
  let last = -Infinity;
  return marks
    .map((mark, n) => {
      const at = x(mark.at);
      // Moments that coincide stand side by side, each with its own line.
      const bubble = Math.max(at, last + 17);
      last = bubble;
      return `<g class="mark ${mark.kind}"><path d="M${bubble} 17L${at} ${TOP}V${bottom}"/><circle cx="${bubble}" cy="10" r="8"/><text x="${bubble}" y="13.5" text-anchor="middle">${n + 1}</text></g>`;
    })
    .join('');
}
