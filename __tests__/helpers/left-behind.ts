import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What this process holds. */
interface Held {
  readonly heapBytes: number;
  /** Files, sockets and pipes. */
  readonly descriptors: number;
  /** Timers, sockets and the like that keep the process alive. */
  readonly resources: number;
}

export interface LeftBehind extends Held {
  /** Names of warnings, such as Node's of the eleventh listener of one event. */
  readonly warnings: readonly string[];
}

const ROUNDS = 3;

/**
 * What a program leaves behind, for each look. A leak grows in every round; what comes and goes (vitest's own timers, code
 * that the compiler keeps) does not: the least of the rounds counts, after one that warms up.
 *
 * @param round lets the program look at least so many times
 */
export async function leftBehind(looks: number, round: (looks: number) => Promise<void>): Promise<LeftBehind> {
  const warnings: string[] = [];
  const warn = ({ name }: Error) => warnings.push(name);
  process.on('warning', warn);
  await round(looks);
  const rounds: Held[] = [];
  let before = await held();
  for (let n = 0; n < ROUNDS; n += 1) {
    await round(looks);
    const after = await held();
    rounds.push({
      heapBytes: (after.heapBytes - before.heapBytes) / looks,
      descriptors: (after.descriptors - before.descriptors) / looks,
      resources: (after.resources - before.resources) / looks,
    });
    before = after;
  }
  process.off('warning', warn);
  const least = (of: keyof Held) => Math.min(...rounds.map((each) => each[of]));
  return { heapBytes: least('heapBytes'), descriptors: least('descriptors'), resources: least('resources'), warnings };
}

async function held(): Promise<Held> {
  // Sockets that are being closed, and what is freed only after what refers to it
  for (let n = 0; n < 3; n += 1) {
    await sleep(100);
    collectGarbage();
  }
  return {
    heapBytes: process.memoryUsage().heapUsed,
    descriptors: readdirSync('/proc/self/fd').length,
    resources: process.getActiveResourcesInfo().length,
  };
}
