import { pause } from '../traffic/clock';
import type { Executed, Lab } from '../lab';

/** A fault that is injected on purpose, and recovered. */
export interface Fault {
  /** Text on the timeline: `lb-1 loses power`. */
  readonly title: string;
  /** Returns once the effect was observed; throws if it was not. */
  inject(): Promise<void>;
  /** Undoes the fault. Safe to run twice, and also if `inject` has failed. */
  recover(): Promise<void>;
}

export class NotReached extends Error {
  override readonly name = 'NotReached';
}

/** Waits until the condition holds. An error of the condition counts as "not yet". */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  timeoutMilliseconds = 15_000,
  everyMilliseconds = 100,
): Promise<void> {
  const deadline = Date.now() + timeoutMilliseconds;
  let why = '';
  while (Date.now() < deadline) {
    try {
      if (await condition()) return;
      why = '';
    } catch (error) {
      why = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    await pause(everyMilliseconds);
  }
  throw new NotReached(`not within ${timeoutMilliseconds / 1000} s: ${what}${why}`);
}

/** Runs a shell line on a machine and returns its output. @throws with the machine's message if it fails */
export async function onMachine(lab: Lab, machine: string, script: string, timeoutSeconds = 10): Promise<string> {
  const { exitCode, stdout, stderr } = await tryOnMachine(lab, machine, script, timeoutSeconds);
  if (exitCode !== 0)
    throw new Error(
      `${machine}: ${script}: ${exitCode === null ? `no end within ${timeoutSeconds} s` : `exit ${exitCode}`}: ${(stderr || stdout).trim().slice(-500)}`,
    );
  return stdout.trim();
}

export function tryOnMachine(lab: Lab, machine: string, script: string, timeoutSeconds = 10): Promise<Executed> {
  return lab.exec(machine, ['bash', '-c', script], { timeoutSeconds });
}

/** Several faults at the same time, undone together. */
export function together(title: string, faults: readonly Fault[]): Fault {
  return {
    title,
    inject: async () => void (await Promise.all(faults.map((fault) => fault.inject()))),
    recover: () => all(faults.map((fault) => () => fault.recover())),
  };
}

/** Runs all of them, even if some fail, and then throws the failures. */
export async function all(works: readonly (() => Promise<void>)[]): Promise<void> {
  const failed = (await Promise.allSettled(works.map((work) => work()))).filter((result) => result.status === 'rejected');
  if (failed.length === 1) throw failed[0]!.reason;
  if (failed.length > 1)
    throw new AggregateError(
      failed.map((result) => result.reason as unknown),
      failed.map((result) => String(result.reason)).join('; '),
    );
}
