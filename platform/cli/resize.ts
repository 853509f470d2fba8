import { Command } from 'commander';
import { createInterface } from 'node:readline/promises';
import { openDeployed, type Deployed } from '../environment/deployed';
import { synthesize } from '../environment/synth';
import { UsageError } from '../environment/usage-error';
import { apiOf, ApiAway, ApiRefusal, type HetznerApi } from '../hetzner/api';
import { readPrices } from '../hetzner/project';
import { askCandidates } from '../resize/ask';
import { PACE, resizeAll, Stopped } from '../resize/carry-out';
import { wellnessOf, type TierHosts } from '../resize/hosts';
import { lackingAtFirst, lineOf, pendingOf, refusals, type Candidate } from '../resize/plan';
import { Reach } from '../ssh/reach';
import { askStatus } from '../status/ask';
import { TIERS, type Tier } from '../../lib/net/address-plan';
import { EXIT, hostsOf, withHostOptions, type HostOptions } from './common';

interface ResizeOptions extends HostOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly upgradeDisk?: boolean;
}

const HELP = `
It gives servers the serverType that main.ts has for them, one after another, load balancers first and the database last. Each is taken out of
service before it is shut down (the address goes to the other load balancer, requests under way are finished, the PRIMARY hands over), and
is well again before the next one goes. It refuses, while all servers run, a type that cannot be had, and a tier that cannot do without a server.
Where it stops, running it again goes on. A deploy afterwards finds nothing to change.
It wants TF_VAR_hcloud_token, as a deploy does. Exit code: 0 all servers have their type; 1 some have not; 2 it could not ask.

Examples:
  $ npx platform resize -e production --dry-run           what it would do
  $ npx platform resize -e production                     every server whose type is another one
  $ npx platform resize -e production web                 those of one tier
  $ npx platform resize -e production db-2 --yes          one server, without a question`;

export function resizeCommand(): Command {
  return withHostOptions(new Command('resize'))
    .description('give servers the serverType of main.ts, one after another, without an interruption')
    .argument('[host|tier...]', 'which ones (default: all)')
    .option('--dry-run', 'say what it would do, and whether it could; change nothing')
    .option('--upgrade-disk', 'the disk grows with the type, for good: no way back to a type with a smaller disk')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', HELP)
    .action(async (names: readonly string[], options: ResizeOptions) => {
      process.exitCode = await resize(names, options, process.env, (line) => process.stdout.write(`${line}\n`));
    });
}

/** @throws UsageError */
export async function resize(
  names: readonly string[],
  options: ResizeOptions,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<number> {
  const api = apiOf(env, env['TF_VAR_hcloud_token'] ?? env['HCLOUD_TOKEN']);
  if (!api) throw new UsageError('there is no token: set TF_VAR_hcloud_token, as for a deploy; it must be one that may write');
  const deployed = await openDeployed(options.environment, options, env);
  try {
    return await resizeDeployed(deployed, names, options, env, api, say);
  } catch (error) {
    if (error instanceof Stopped) {
      process.stderr.write(`platform: ${error.message}\n`);
      return EXIT.wrong;
    }
    if (error instanceof ApiAway || error instanceof ApiRefusal)
      throw new UsageError(`Hetzner's API cannot be asked: ${error.message}; nothing was changed`, { cause: error });
    throw error;
  }
}

async function resizeDeployed(
  deployed: Deployed,
  names: readonly string[],
  options: ResizeOptions,
  env: NodeJS.ProcessEnv,
  api: HetznerApi,
  say: (line: string) => void,
): Promise<number> {
  // What main.ts says now, the last deploy may not know yet
  const candidates = await askCandidates(deployed, await synthesize(deployed.project, deployed.name, env), api);
  const chosen = names.length > 0 ? new Set(names.flatMap((name) => hostsOf(deployed.hosts, name))) : undefined;
  const pending = pendingOf(candidates.filter(({ host }) => chosen?.has(host) ?? true));
  if (pending.length === 0) {
    say('All servers have the type that main.ts wants; nothing to do.');
    return EXIT.fine;
  }
  const { serverTypes, pricing } = await readPrices(api);
  for (const each of pending) say(lineOf(each, serverTypes, pricing.currency));
  const hostsOfTier = waysTo(deployed, options, env);
  const obstacles = [...refusals(pending, serverTypes, new Date()), ...(await lackingNow(pending, hostsOfTier))];
  if (obstacles.length > 0) throw new Stopped(`nothing was changed:\n${obstacles.map((line) => `  ${line}`).join('\n')}`);
  for (const line of alone(pending, deployed)) say(line);
  if (options.dryRun) return EXIT.fine;
  if (!options.yes && !(await confirmed())) throw new Stopped('nothing was changed');
  await untilInterrupted(say, (ending) =>
    resizeAll(pending, {
      api,
      hostsOf: hostsOfTier,
      upgradeDisk: options.upgradeDisk ?? false,
      say: (line) => say(`${clock()}  ${line}`),
      ending,
      pace: PACE,
    }),
  );
  say(`Done. A deploy tells Terraform's state: npx cdktf deploy ${deployed.name}`);
  return EXIT.fine;
}

const waysTo =
  (deployed: Deployed, options: ResizeOptions, env: NodeJS.ProcessEnv) =>
  (tier: Tier): TierHosts => ({
    hosts: deployed.hosts.filter((host) => host.tier === tier),
    user: deployed.sshUser,
    ask: (question) =>
      Reach.using(deployed, options, env, (reach) => {
        reach.onInterrupt = () => undefined;
        return question({ status: (host) => askStatus(reach, host), run: (host, line, seconds) => reach.run(host, line, seconds) });
      }),
  });

async function lackingNow(pending: readonly Candidate[], hostsOfTier: (tier: Tier) => TierHosts): Promise<string[]> {
  const tiers = TIERS.map((tier) => pending.filter(({ host }) => host.tier === tier)).filter((each) => each.length > 0);
  const said = await Promise.all(tiers.map(async (each) => lackingAtFirst(each, await wellnessOf(hostsOfTier(each[0]!.host.tier)))));
  return said.flat();
}

/** A tier of one server has no other that serves meanwhile. */
function alone(pending: readonly Candidate[], { hosts }: Deployed): string[] {
  return pending.flatMap(({ host: { name, tier } }) =>
    hosts.filter((each) => each.tier === tier).length === 1
      ? [`${name} is the only server of its tier: visitors get errors until it is back`]
      : [],
  );
}

/** Ctrl-C ends it after the server that is being resized, a second one at once. */
async function untilInterrupted(say: (line: string) => void, act: (ending: AbortSignal) => Promise<void>): Promise<void> {
  const ending = new AbortController();
  const interrupt = () => {
    if (ending.signal.aborted) process.exit(EXIT_INTERRUPTED);
    ending.abort();
    say('It ends after this server; Ctrl-C once more ends it at once, and running it again goes on.');
  };
  process.on('SIGINT', interrupt);
  try {
    await act(ending.signal);
  } finally {
    process.off('SIGINT', interrupt);
  }
}

const EXIT_INTERRUPTED = 130;

const clock = () => new Date().toISOString().slice(11, 19);

/** @throws UsageError where nobody can answer */
async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError('it asks before it begins, and there is no terminal: add --yes');
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await prompt.question('Resize them, one after another? Only yes is taken: ')).trim() === 'yes';
  } finally {
    prompt.close();
  }
}
