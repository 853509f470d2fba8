import { Command, InvalidArgumentError } from 'commander';
import { createInterface } from 'node:readline';
import { openDeployed } from '../environment/deployed';
import type { Host } from '../environment/outputs';
import { merged } from '../logs/merge';
import { asRoot, printable } from '../ssh/quote';
import { NoAnswer, Reach } from '../ssh/reach';
import { EXIT, hostsOf, withHostOptions, type HostOptions } from './common';

export interface LogOptions {
  readonly unit?: readonly string[];
  readonly since?: string;
  readonly lines?: number;
  readonly follow?: boolean;
}

const DEFAULT_LINES = 200;

const HELP = `
Lines of several hosts come in the order of their time, in UTC. Exit code: 0; 1 a host did not answer, or its journalctl refused;
2 it could not ask.

Examples:
  $ npx platform logs -e production app --unit app --follow
  $ npx platform logs -e production lb --unit haproxy --since '10 min ago'
  $ npx platform logs -e production db-1 --since '2026-11-29 02:00' > db-1.log`;

export function logsCommand(): Command {
  return withHostOptions(new Command('logs'))
    .description('journal of a host, or of all hosts of a tier')
    .argument('<host|tier>', 'a host as `platform status` names it; or lb, web, app, mysql')
    .option('-u, --unit <unit>', 'of this systemd unit; several times: of these', unitsOf)
    .option('-S, --since <time>', 'from then on, as journalctl reads it: "1 hour ago", "2026-11-29 02:00" in UTC', sinceOf)
    .option('-n, --lines <number>', `the last lines of each host (default: ${DEFAULT_LINES}, with --since all)`, linesOf)
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .addHelpText('after', HELP)
    .action(async (wanted: string, options: HostOptions & LogOptions) => {
      const deployed = await openDeployed(options.environment, options, process.env);
      const hosts = hostsOf(deployed.hosts, wanted);
      const line = asRoot(deployed.sshUser, journalArgv(options));
      const failed = await Reach.using(deployed, options, process.env, (reach) => show(reach, hosts, line, options.follow ?? false));
      process.exitCode = failed ? EXIT.wrong : EXIT.fine;
    });
}

/** Each value is a part of one word: it can be no option of its own. */
export function journalArgv({ unit = [], since, lines, follow = false }: LogOptions): string[] {
  const most = lines ?? (since === undefined ? DEFAULT_LINES : undefined);
  return [
    'journalctl',
    '--no-pager',
    '--quiet',
    '--utc',
    '--output=short-iso-precise',
    ...unit.map((name) => `--unit=${name}`),
    ...(since === undefined ? [] : [`--since=${since}`]),
    ...(most === undefined ? [] : [`--lines=${most}`]),
    ...(follow ? ['--follow'] : []),
  ];
}

/** systemd's own characters, and those of its patterns. */
export function unitsOf(name: string, before: readonly string[] = []): readonly string[] {
  if (!/^[\w:.\\@*?[\]-]{1,255}$/.test(name)) throw new InvalidArgumentError('want the name of a systemd unit, such as haproxy');
  return [...before, name];
}

export function sinceOf(text: string): string {
  if (!/^[\w :.,+-]{1,64}$/.test(text)) throw new InvalidArgumentError('want a time such as "1 hour ago" or "2026-11-29 02:00"');
  return text;
}

export function linesOf(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError('want a number of lines from 0 to 9999999');
  return Number(text);
}

/** Whether a host did not answer, or refused. */
async function show(reach: Reach, hosts: readonly Host[], line: string, follow: boolean): Promise<boolean> {
  const failures: string[] = [];
  const sources = hosts.map((host) => journalOf(reach, host, line, failures));
  const print = async (lines: AsyncIterable<string>) => {
    for await (const text of lines)
      if (!process.stdout.write(`${text}\n`)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  };
  const interrupted = new Promise<void>((resolve) => (reach.onInterrupt = resolve));
  await Promise.race([follow ? Promise.all(sources.map(print)) : print(merged(sources)), interrupted]);
  return failures.length > 0;
}

/** Its lines. Why it has none goes to standard error and to the failures. */
async function* journalOf(reach: Reach, host: Host, line: string, failures: string[]): AsyncGenerator<string> {
  const fail = (why: string) => {
    failures.push(host.name);
    process.stderr.write(`platform: ${host.name} ${why}\n`);
  };
  try {
    const { output, ended } = await reach.start(host, line);
    yield* createInterface({ input: output, crlfDelay: Infinity });
    const { exitCode, stderr } = await ended;
    if (exitCode !== 0) fail(`shows no more: ${printable(stderr) || `journalctl ended with ${exitCode}`}`);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    fail(`does not answer: ${error.message}`);
  }
}
