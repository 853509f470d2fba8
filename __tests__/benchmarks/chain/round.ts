import { answered, processorTime, type Load } from './load';
import type { Figures, Program } from './table';
import type { Target } from './targets';

export const ROUNDS = 3;

/** Asks for a path for some seconds. @throws if a request fails */
export async function round({ origin, pids }: Target, path: string, load: Load, seconds: number): Promise<Figures> {
  const programs = Object.entries(pids) as [Program, number][];
  const used = () => programs.map(([, pid]) => processorTime(pid));
  const before = used();
  const { requests, seconds: took } = await answered(load, origin + path, seconds);
  const after = used();
  return {
    requestsPerSecond: Math.round(requests / took),
    processorTime: Object.fromEntries(programs.map(([program], n) => [program, Math.round((after[n]! - before[n]!) / requests)])),
  };
}

/**
 * Three rounds of each way in turn, so that other work on the machine falls on all; each round begins with another one.
 * @returns of each way the round in the middle
 */
export async function inTurn<Way extends string, Result>(
  ways: readonly Way[],
  once: (way: Way) => Promise<Result>,
  by: (result: Result) => number,
): Promise<Record<Way, Result>> {
  const results = new Map<Way, Result[]>(ways.map((way) => [way, []]));
  for (let count = 0; count < ROUNDS; count += 1) {
    const first = count % ways.length;
    for (const way of [...ways.slice(first), ...ways.slice(0, first)]) results.get(way)!.push(await once(way));
  }
  const middle = (all: readonly Result[]) => [...all].sort((a, b) => by(a) - by(b))[Math.floor(all.length / 2)]!;
  return Object.fromEntries(ways.map((way) => [way, middle(results.get(way)!)])) as Record<Way, Result>;
}
