/** A generator that gives the same numbers for the same seed on every machine, so that a run can be repeated. */
export interface Random {
  /** At least 0, below 1. */
  next(): number;
  between(from: number, to: number): number;
  pick<T>(choices: readonly T[]): T;
  /** An independent generator for a part of the work: an added draw there does not change the others. */
  fork(name: string): Random;
}

/** mulberry32 over an FNV-1a hash of the seed: small, and good enough to choose times and targets. */
export function createRandom(seed: string): Random {
  let state = hash(seed);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    between: (from, to) => from + next() * (to - from),
    pick: (choices) => {
      if (choices.length === 0) throw new RangeError('nothing to pick from');
      return choices[Math.floor(next() * choices.length)]!;
    },
    fork: (name) => createRandom(`${seed}/${name}`),
  };
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ character.codePointAt(0)!, 0x01000193);
  return value >>> 0;
}
