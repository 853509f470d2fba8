import { Argument, Command } from 'commander';
import { z } from 'zod';
import { openDeployed } from '../environment/deployed';
import type { Host } from '../environment/outputs';
import { UsageError } from '../environment/usage-error';
import { asRoot, printable } from '../ssh/quote';
import { NoAnswer, Reach } from '../ssh/reach';
import { askStatus } from '../status/ask';
import type { HostStatus } from '../status/report';
import { EXIT, withHostOptions, type HostOptions } from './common';

const ROLES = { lb: 'MASTER', mysql: 'PRIMARY' } as const;
type HandedOver = keyof typeof ROLES;

/** Longer than either command on a host takes before it gives up by itself, in seconds. */
const COMMAND_SECONDS = 120;

const HELP = `
It runs \`platform-switchover\` on the MASTER, or \`platform-mysql\` on the PRIMARY, and waits for the end. They refuse where the other side is
not ready; nothing has changed then. Exit code: 0 the role is where it was wanted; 1 it is not; 2 it could not ask.

Examples:
  $ npx platform switchover -e production lb               the floating IP goes to the other load balancer
  $ npx platform switchover -e production mysql            the PRIMARY's role goes to the member that is best prepared
  $ npx platform switchover -e production mysql --to db-2`;

export function switchoverCommand(): Command {
  return withHostOptions(new Command('switchover'))
    .description('planned change of role, before maintenance of a host')
    .addArgument(new Argument('<tier>', 'whose role changes').choices(Object.keys(ROLES)))
    .option('--to <host>', 'who shall have it')
    .addHelpText('after', HELP)
    .action(async (tier: HandedOver, options: HostOptions & { readonly to?: string }) => {
      const { done, says } = await switchover(tier, options, process.env);
      (done ? process.stdout : process.stderr).write(`${done ? '' : 'platform: '}${says}\n`);
      process.exitCode = done ? EXIT.fine : EXIT.wrong;
    });
}

export interface Outcome {
  readonly done: boolean;
  readonly says: string;
}

/** @throws UsageError */
export async function switchover(
  tier: HandedOver,
  options: HostOptions & { readonly to?: string },
  env: NodeJS.ProcessEnv,
): Promise<Outcome> {
  const deployed = await openDeployed(options.environment, options, env);
  const hosts = deployed.hosts.filter((host) => host.tier === tier);
  checkTarget(hosts, tier, options.to);
  return Reach.using(deployed, options, env, async (reach) => {
    const plan = planOf(tier, await Promise.all(hosts.map((host) => askStatus(reach, host))), options.to);
    if ('done' in plan) return plan;
    try {
      const answer = await reach.run(plan.on, asRoot(deployed.sshUser, plan.command), COMMAND_SECONDS);
      return outcomeOf(plan, answer);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      return {
        done: false,
        says: `${plan.on.name} was asked, and then did not answer: ${error.message}; npx platform status says who has the role`,
      };
    }
  });
}

/** @throws UsageError */
export function checkTarget(hosts: readonly Host[], tier: HandedOver, to: string | undefined): void {
  if (to !== undefined && !hosts.some(({ name }) => name === to))
    throw new UsageError(`--to ${JSON.stringify(to)} is no host of ${tier}; there are: ${hosts.map(({ name }) => name).join(', ')}`);
}

export interface Plan {
  readonly tier: HandedOver;
  readonly on: Host;
  readonly command: readonly string[];
}

/** What is to be run where; or the outcome, where nothing is. */
export function planOf(tier: HandedOver, hosts: readonly HostStatus[], to: string | undefined): Plan | Outcome {
  const role = ROLES[tier];
  const holders = hosts.filter((host) => host.role === role);
  const [holder] = holders;
  if (!holder || holders.length > 1) {
    const told = hosts.map(({ name, role: has, noAnswer }) => `${name} ${noAnswer === null ? (has ?? 'unknown') : 'no answer'}`).join(', ');
    return { done: false, says: `${holder ? 'several are' : 'nobody is'} ${role} (${told}); nothing was changed` };
  }
  if (holder.name === to) return { done: true, says: `${to} is ${role} already` };
  // The pair has two: to whom it goes is no question there
  const command = tier === 'lb' ? ['platform-switchover'] : ['platform-mysql', ...(to === undefined ? ['step-down'] : ['switchover', to])];
  return { tier, on: holder, command };
}

const handedOver = z.object({ primary: z.string().nullable() });

/** In the words of the host. */
export function outcomeOf(
  { tier, on, command }: Plan,
  { exitCode, stdout, stderr }: { readonly exitCode: number; readonly stdout: string; readonly stderr: string },
): Outcome {
  const said = printable(stdout) || printable(stderr) || `${command[0]} ended with ${exitCode}`;
  if (exitCode !== 0) return { done: false, says: `${on.name} keeps its role: ${said.replace(/^platform-mysql: /, '')}` };
  if (tier === 'lb') return { done: true, says: said };
  const primary = primaryOf(stdout);
  return primary === null
    ? { done: false, says: `${on.name} was not PRIMARY any more; npx platform status says who is` }
    : { done: true, says: `${printable(primary ?? said)} is PRIMARY, ${on.name} was before` };
}

function primaryOf(stdout: string): string | null | undefined {
  try {
    return handedOver.parse(JSON.parse(stdout)).primary;
  } catch {
    return undefined;
  }
}
