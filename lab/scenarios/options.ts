import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface Options {
  readonly only: string | undefined;
  readonly runs: number;
  readonly seed: string;
  readonly list: boolean;
  readonly help: boolean;
}

export const USAGE = `Runs fault scenarios against the lab that is up, and judges what its clients saw.

  make faults [ONLY=NAMES] [RUNS=N] [SEED=SEED]

  --only NAMES   scenarios by name or beginning of a name, by comma: lb-power-off,db-primary,web; default all
  --runs N       runs of each; default 1. Targets are meant for at least 5
  --seed SEED    repeats the choices of an earlier run; default a new one, which is printed
  --list         names the scenarios
`;

/** Flags win over the variables ONLY, RUNS and SEED, which `make` passes on. */
export function readOptions(argv: readonly string[], environment: Readonly<Record<string, string | undefined>>): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: { only: { type: 'string' }, runs: { type: 'string' }, seed: { type: 'string' }, list: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  const given = (flag: string | undefined, variable: string) => flag ?? (environment[variable] || undefined);
  const runs = given(values.runs, 'RUNS') ?? '1';
  if (!/^[1-9]\d{0,3}$/.test(runs)) throw new RangeError(`RUNS is ${JSON.stringify(runs)}, want a number from 1 to 9999`);
  const seed = given(values.seed, 'SEED') ?? randomBytes(4).toString('hex');
  if (!/^[\w.-]+$/.test(seed)) throw new RangeError(`SEED is ${JSON.stringify(seed)}, want letters, digits, dots and dashes`);
  return { only: given(values.only, 'ONLY'), runs: Number(runs), seed, list: values.list ?? false, help: values.help ?? false };
}

export function commandOf({ only, runs, seed }: { only?: string; runs: number; seed: string }): string {
  return ['make faults', only && `ONLY=${only}`, `RUNS=${runs}`, `SEED=${seed}`].filter(Boolean).join(' ');
}
