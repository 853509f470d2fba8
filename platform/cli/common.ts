import { InvalidArgumentError, Option, type Command } from 'commander';
import { TIERS } from '../../lib/net/address-plan';
import type { Host } from '../environment/outputs';
import { UsageError } from '../environment/usage-error';

/** Of every verb that asks; `ssh` passes on the exit code of the command on the host. */
export const EXIT = {
  /** Nothing is wrong. */
  fine: 0,
  /** Something is not as it should be, or was not done. */
  wrong: 1,
  /** It could not be asked for: arguments, environment, state, key. */
  couldNotAsk: 2,
  /** `ssh`: the host cannot be reached, as with ssh itself. */
  noAnswer: 255,
} as const;

/** Of `drift`: as of `terraform plan -detailed-exitcode`, which timers and CI know. */
export const DRIFT_EXIT = {
  /** Nothing differs. */
  none: 0,
  /** Not everything could be asked for. */
  unasked: 1,
  any: 2,
} as const;

/** Of a verb that could not begin. */
export function couldNotAsk(verb: string | undefined): number {
  return verb === 'drift' ? DRIFT_EXIT.unasked : EXIT.couldNotAsk;
}

/** Of the verbs that log in to hosts. */
export interface HostOptions {
  readonly environment?: string;
  readonly app?: string;
  readonly output?: string;
  readonly identity?: string;
  readonly timeout: number;
}

const DEFAULT_SECONDS = 5;
const MOST_SECONDS = 600;

export function withEnvironmentOptions(command: Command): Command {
  return command
    .option('-e, --environment <name>', 'as main.ts names it (default: PLATFORM_ENVIRONMENT, or the only one)')
    .option('--app <command>', 'what synthesizes the environments (default: CDKTF_APP, or that of cdktf.json)')
    .option('--output <folder>', 'folder that cdktf deploys from (default: CDKTF_OUTPUT, or cdktf.out)');
}

export function withHostOptions(command: Command): Command {
  return withEnvironmentOptions(command)
    .option(
      '-i, --identity <file>',
      "private key to log in with (default: TF_VAR_ssh_private_key, or what ssh finds: your agent's, ~/.ssh)",
    )
    .addOption(
      new Option('--timeout <seconds>', `how long a host may take to be reached, 1 to ${MOST_SECONDS}`)
        .default(DEFAULT_SECONDS)
        .argParser(secondsOf),
    );
}

export function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 1 && seconds <= MOST_SECONDS))
    throw new InvalidArgumentError(`want a number of seconds from 1 to ${MOST_SECONDS}`);
  return seconds;
}

/** @throws UsageError that names the hosts that there are */
export function hostNamed(hosts: readonly Host[], name: string): Host {
  const host = hosts.find((candidate) => candidate.name === name);
  if (!host) throw new UsageError(`there is no host ${JSON.stringify(name)}; there are: ${hosts.map((each) => each.name).join(', ')}`);
  return host;
}

/** One host, or all of a tier. @throws UsageError that names what there is */
export function hostsOf(hosts: readonly Host[], wanted: string): readonly Host[] {
  const tier = TIERS.find((each) => each === wanted);
  if (tier) return hosts.filter((host) => host.tier === tier);
  const host = hosts.find(({ name }) => name === wanted);
  if (!host)
    throw new UsageError(
      `there is no host and no tier ${JSON.stringify(wanted)}; hosts: ${hosts.map(({ name }) => name).join(', ')}; tiers: ${TIERS.join(', ')}`,
    );
  return [host];
}
