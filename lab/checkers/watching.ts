import { firstMark, ofStream } from './history';
import { unsure, type Checker } from './verdict';

export interface Watching {
  /** Requests on new connections that must begin each second, on average. */
  readonly perSecond: number;
  /** Longest time in which none began: an outage could hide in it. */
  readonly pauseMilliseconds: number;
}

/**
 * The clients kept their rate, from a second before the fault until its recovery. On a machine that is too busy they ask too
 * seldom to see every outage: then the run cannot pass. Findings of other checkers still count.
 */
export function closelyWatched({ perSecond, pauseMilliseconds }: Watching): Checker {
  const name = 'closelyWatched';
  return {
    name,
    check: (evidence) => {
      const probes = ofStream(evidence.operations, 'probe');
      const from = (firstMark(evidence, 'inject')?.at ?? -Infinity) - 1000;
      const to = firstMark(evidence, 'recover')?.at ?? Infinity;
      const starts = probes.map(({ start }) => start).filter((start) => start >= from && start <= to);
      const [first, last] = [starts[0], starts.at(-1)];
      if (first === undefined || last === undefined || last === first)
        return [unsure(name, 'no new connection was opened while the fault lasted')];
      const rate = ((starts.length - 1) * 1000) / (last - first);
      const longest = Math.max(...starts.slice(1).map((start, n) => start - starts[n]!));
      return [
        ...(rate < perSecond
          ? [
              unsure(
                name,
                `only ${rate.toFixed(1)} requests a second were begun, ${perSecond} are needed; the machine is too busy to measure`,
              ),
            ]
          : []),
        ...(longest > pauseMilliseconds
          ? [
              unsure(
                name,
                `for ${Math.round(longest)} ms no request was begun, ${pauseMilliseconds} ms are allowed; the machine is too busy to measure`,
              ),
            ]
          : []),
      ];
    },
  };
}
