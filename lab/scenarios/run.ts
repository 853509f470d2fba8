/** `make faults`: runs in the namespace of the lab's clients, so that its requests come from the Internet's side. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { resultOutcome, table, writeReport, type Result } from '../report';
import { keep } from '../report/keep';
import { runCampaign } from './campaign';
import { parseApiTimes } from '../api-times';
import { openLab } from '../lab';
import { SCENARIOS, select } from './catalogue';
import { openDeployedLab } from './open-deployed-lab';
import { readOptions, USAGE, type Options } from './options';
import type { Scenario } from './scenario';

const REPOSITORY = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options.help) return print(USAGE);
  if (options.list) return print(`${SCENARIOS.map(({ name, title }) => `${name.padEnd(26)}${title}`).join('\n')}\n`);

  const scenarios = select(options.only);
  const lab = await openLab();
  await lab.setApiTimes(parseApiTimes(options.apiSeconds, options.answerSeconds));
  try {
    return await judge(options, scenarios);
  } finally {
    await lab.setApiTimes(lab.apiTimes);
  }
}

async function judge(options: Options, scenarios: readonly Scenario[]): Promise<number> {
  const lab = await openDeployedLab();
  const folder = path.join(
    REPOSITORY,
    '.lab',
    lab.name,
    'faults',
    `${new Date().toISOString().slice(0, 19).replaceAll(':', '')}-${options.seed}`,
  );
  const log = (line: string) => print(`${new Date().toISOString().slice(11, 19)}  ${line}\n`);
  log(`${scenarios.length} scenarios, seed ${options.seed}`);

  const result = await runCampaign({
    ...options,
    lab,
    scenarios,
    log,
    signal: interruptible(log),
    save: async (sofar: Result) => void (await writeReport(folder, sofar)),
  });
  const written = await writeReport(folder, result);
  print(`\n${table(result)}\n\n${written.html}\n${written.json}\nagain: ${result.command}\n`);
  if (options.keep) keep(REPOSITORY, result);
  return resultOutcome(result) === 'valid' ? 0 : 1;
}

/** The first Ctrl-C or SIGTERM puts everything right before it ends; the second ends at once. */
function interruptible(log: (line: string) => void): AbortSignal {
  const controller = new AbortController();
  const interrupted = () => {
    if (controller.signal.aborted) process.exit(130);
    log('interrupted: putting everything right; once more to leave it as it is');
    controller.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupted);
  return controller.signal;
}

function print(text: string): 0 {
  process.stdout.write(text);
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  },
);
