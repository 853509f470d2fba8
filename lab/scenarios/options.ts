import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface Options {
  readonly only: string | undefined;
  readonly runs: number;
  readonly seed: string;
  /** How long scenarios of random faults go on, in minutes. */
  readonly minutes: number;
  /** Seconds that the API takes to move an address, and to answer, in the form of `lab api-times`. @default the lab's present times */
  readonly apiSeconds: string | undefined;
  readonly answerSeconds: string | undefined;
  /** Whether to store the figures in docs/measurements and update the tables of the documentation. */
  readonly keep: boolean;
  readonly list: boolean;
  readonly help: boolean;
}

/** Enough for some rounds; run an hour as a campaign of its own. */
export const DEFAULT_MINUTES = 3;

export const USAGE = `Runs fault scenarios against the lab that is up, and judges what its clients saw.

  make faults [ONLY=NAMES] [RUNS=N] [SEED=SEED] [MINUTES=N] [API_SECONDS=L] [ANSWER_SECONDS=A-B] [KEEP=1]

  --only NAMES   scenarios by name or beginning of a name, by comma: lb-power-off,db-primary,web; default all
  --runs N       runs of each; default 1. Targets are meant for at least 5
  --seed SEED    repeats the choices of an earlier run; default a new one, which is printed
  --minutes N    how long all-random goes on; default ${DEFAULT_MINUTES}
  --api-seconds L  how long the API takes for each action that moves an address; default as the lab has it, 1
  --answer-seconds A-B  how long it takes for each answer; default as the lab has it, 0
  --keep         keeps the figures in docs/measurements, and updates the tables of the documentation
  --list         names the scenarios
`;

/** Flags win over the variables ONLY, RUNS, SEED, MINUTES, API_SECONDS, ANSWER_SECONDS and KEEP, which `make` passes on. */
export function readOptions(argv: readonly string[], environment: Readonly<Record<string, string | undefined>>): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: 'string' },
      runs: { type: 'string' },
      seed: { type: 'string' },
      minutes: { type: 'string' },
      'api-seconds': { type: 'string' },
      'answer-seconds': { type: 'string' },
      keep: { type: 'boolean' },
      list: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const given = (flag: string | undefined, variable: string) => flag ?? (environment[variable] || undefined);
  const runs = given(values.runs, 'RUNS') ?? '1';
  if (!/^[1-9]\d{0,3}$/.test(runs)) throw new RangeError(`RUNS is ${JSON.stringify(runs)}, want a number from 1 to 9999`);
  const seed = given(values.seed, 'SEED') ?? randomBytes(4).toString('hex');
  if (!/^[\w.-]+$/.test(seed)) throw new RangeError(`SEED is ${JSON.stringify(seed)}, want letters, digits, dots and dashes`);
  const minutes = given(values.minutes, 'MINUTES') ?? String(DEFAULT_MINUTES);
  if (!/^[1-9]\d{0,3}$/.test(minutes)) throw new RangeError(`MINUTES is ${JSON.stringify(minutes)}, want a number from 1 to 9999`);
  return {
    only: given(values.only, 'ONLY'),
    runs: Number(runs),
    seed,
    minutes: Number(minutes),
    apiSeconds: given(values['api-seconds'], 'API_SECONDS'),
    answerSeconds: given(values['answer-seconds'], 'ANSWER_SECONDS'),
    keep: values.keep ?? environment['KEEP'] === '1',
    list: values.list ?? false,
    help: values.help ?? false,
  };
}

export function commandOf({
  only,
  runs,
  seed,
  minutes,
  apiSeconds,
  answerSeconds,
}: Pick<Options, 'runs' | 'seed' | 'minutes'> & { only?: string; apiSeconds?: string; answerSeconds?: string }): string {
  const parts = [
    'make faults',
    only && `ONLY=${only}`,
    `RUNS=${runs}`,
    `SEED=${seed}`,
    minutes !== DEFAULT_MINUTES && `MINUTES=${minutes}`,
    apiSeconds && `API_SECONDS=${apiSeconds}`,
    answerSeconds && `ANSWER_SECONDS=${answerSeconds}`,
  ];
  return parts.filter(Boolean).join(' ');
}
