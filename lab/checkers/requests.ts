import { firstMark, ofStream, type Operation, type Stream } from './history';
import { invalid, unsure, type Checker, type Finding } from './verdict';

/** How many findings of one kind are listed; the rest is counted. */
const LISTED = 5;

/** Every request of these streams succeeded, at the first attempt or a later one. */
export function noFailedRequest(...streams: readonly Stream[]): Checker {
  const name = `noFailedRequest(${streams.join(', ')})`;
  return {
    name,
    check: (evidence) =>
      streams.flatMap((stream) => {
        const asked = ofStream(evidence.operations, stream);
        if (asked.length === 0) return [unsure(name, `no ${stream} request was made`)];
        return listed(
          name,
          asked.filter((operation) => operation.outcome !== 'acknowledged'),
          describe,
        );
      }),
  };
}

/** GETs without a second attempt: the load balancers and web servers must hide the fault. */
export const noFailedGet: Checker = { ...noFailedRequest('get', 'probe'), name: 'noFailedGet' };

/** No request of these streams failed later than `settleMilliseconds` after the last recovery. */
export function quietAfterRecovery(settleMilliseconds: number, ...streams: readonly Stream[]): Checker {
  const name = 'quietAfterRecovery';
  return {
    name,
    check: (evidence) => {
      const healthy = evidence.marks.filter((mark) => mark.kind === 'healthy').at(-1);
      if (!healthy) return [unsure(name, 'the topology was never seen healthy again')];
      const after = ofStream(evidence.operations, ...streams).filter((operation) => operation.start > healthy.at + settleMilliseconds);
      if (after.length === 0) return [unsure(name, 'no request began after the recovery')];
      return listed(
        name,
        after.filter((operation) => operation.outcome !== 'acknowledged'),
        describe,
      );
    },
  };
}

/** While no server can serve, clients get this status quickly, neither a reset nor a hang; from `settleMilliseconds` after the fault on. */
export function answersWhileDown(status: number, withinMilliseconds: number, settleMilliseconds: number): Checker {
  const name = `answersWhileDown(${status})`;
  return {
    name,
    check: (evidence) => {
      const effect = firstMark(evidence, 'effect')?.at ?? Infinity;
      const recovered = firstMark(evidence, 'recover')?.at ?? Infinity;
      const meanwhile = ofStream(evidence.operations, 'probe').filter(
        ({ start, end }) => start > effect + settleMilliseconds && end < recovered,
      );
      if (meanwhile.length === 0) return [unsure(name, 'no request began while no server could answer')];
      const wrong = meanwhile.filter((operation) => operation.status !== status || operation.end - operation.start > withinMilliseconds);
      return listed(name, wrong, (operation) => `wanted ${status} within ${withinMilliseconds} ms: ${describe(operation)}`);
    },
  };
}

export function listed(checker: string, wrong: readonly Operation[], tell: (operation: Operation) => string): Finding[] {
  const findings = wrong.slice(0, LISTED).map((operation) => invalid(checker, tell(operation), operation.start));
  const rest = wrong.length - findings.length;
  return rest > 0 ? [...findings, invalid(checker, `and ${rest} more`)] : findings;
}

export function describe(operation: Operation): string {
  const took = `${Math.round(operation.end - operation.start)} ms`;
  const why = operation.error ?? (operation.status === undefined ? 'no answer' : `status ${operation.status}`);
  const attempts = operation.attempts && operation.attempts > 1 ? `, ${operation.attempts} attempts` : '';
  return `${operation.stream} ${operation.outcome} after ${took}${attempts}: ${why}`;
}
