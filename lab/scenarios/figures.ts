import {
  acknowledgedAfter,
  acknowledgementGap,
  firstMark,
  longestOutage,
  ofStream,
  outages,
  serviceAfter,
  writeGap,
  type Evidence,
} from '../checkers';
import type { Lab } from '../lab';
import { figureOf, type Figure } from '../report/result';
import type { Measured } from './scenario';

/** No new connection was served, in milliseconds. */
export const outage = (evidence: Evidence): number | undefined => longestOutage(evidence.operations);

/** All outages of new connections together: equals the longest one unless service came and went. */
export const totalOutage = (evidence: Evidence): number | undefined => {
  if (ofStream(evidence.operations, 'probe').length === 0) return undefined;
  return outages(evidence.operations).reduce((sum, { from, to }) => sum + (to === undefined ? Infinity : to - from), 0);
};

export const writeGapOfFault = (evidence: Evidence): number | undefined => {
  const fault = firstMark(evidence, 'inject');
  return fault && writeGap(evidence.operations, fault.at);
};

export const readGapOfFault = (evidence: Evidence): number | undefined => {
  const fault = firstMark(evidence, 'inject');
  return fault && acknowledgementGap(ofStream(evidence.operations, 'read'), fault.at);
};

/** From the first recovery to the first new connection that was served. */
export const serviceAfterFirstRecovery = (evidence: Evidence): number | undefined => {
  const recovered = firstMark(evidence, 'recover');
  return recovered && serviceAfter(evidence.operations, recovered.at);
};

/** From the last recovery to the first acknowledged write, because a write needs every tier. */
export const writesAfterRecovery = (evidence: Evidence): number | undefined => {
  const recovered = evidence.marks.filter((mark) => mark.kind === 'recover').at(-1);
  return recovered && acknowledgedAfter(ofStream(evidence.operations, 'write'), recovered.at);
};

export const failedRequests = (evidence: Evidence): number | undefined =>
  evidence.operations.filter((operation) => operation.outcome !== 'acknowledged').length;

/** Time of the API to move the floating IP once it is asked: an answer and an action. */
export const moveMilliseconds = (lab: Lab): number => lab.apiTimes.answer.to + lab.apiTimes.action;

/** Time until an agent notices the end of an action: it asks every second, perhaps a moment too early. */
export const noticeMilliseconds = (lab: Lab): number => 1100 + 2 * lab.apiTimes.answer.to;

/** The alias is first taken from one server, and given to the other when that is known. */
export const aliasMilliseconds = (lab: Lab): number => 2 * moveMilliseconds(lab) + noticeMilliseconds(lab);

/** A machine without a public address could not reach the outside. */
export const egressOutageAtMost = (max: number): Measured => ({
  figure: 'egress outage',
  unit: 'ms',
  max,
  measure: (evidence) => longestOutage(evidence.operations, 'egress'),
});

/** Of served requests, in milliseconds. */
export const slowestGet = (evidence: Evidence): number | undefined => {
  const served = ofStream(evidence.operations, 'get').filter(({ outcome }) => outcome === 'acknowledged');
  return served.length === 0 ? undefined : served.reduce((slowest, { start, end }) => Math.max(slowest, end - start), 0);
};

export const slowestGetAtMost = (max: number): Measured => ({ figure: 'slowest GET', unit: 'ms', max, measure: slowestGet });
export const outageAtMost = (max: number): Measured => ({ figure: 'outage', unit: 'ms', max, measure: outage });
export const writeGapAtMost = (max: number, p95?: number): Measured => ({
  figure: 'write gap',
  unit: 'ms',
  max,
  p95,
  measure: writeGapOfFault,
});
export const nothingFails: Measured = { figure: 'failed requests', unit: 'count', max: 0, measure: failedRequests };

const ALWAYS: Readonly<Record<string, (evidence: Evidence) => number | undefined>> = {
  outage,
  'all outages': totalOutage,
  'write gap': writeGapOfFault,
  'read gap': readGapOfFault,
};

export function measureAll(evidence: Evidence, targets: readonly Measured[]): Record<string, Figure> {
  const measures = { ...ALWAYS, ...Object.fromEntries(targets.map((target) => [target.figure, target.measure])) };
  return Object.fromEntries(Object.entries(measures).map(([figure, measure]) => [figure, figureOf(measure(evidence))]));
}
