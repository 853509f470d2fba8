import { Command } from 'commander';
import { measuredCosts } from '../capacity/measured';
import { renderCapacity, reportOn } from '../capacity/report';
import { readProject, synthesize } from '../environment/synth';
import { UsageError } from '../environment/usage-error';

export interface CapacityOptions {
  readonly json?: boolean;
  readonly app?: string;
}

const HELP = `
It reckons with what a request, a connection and a write cost where make bench has measured them (docs/capacity.md), and with the server
types and numbers of main.ts. It asks nobody, and needs no secrets: the environment need not be deployed. Your own application costs
something else than the sample; a cache in front of it changes everything.

Examples:
  $ npx platform capacity production
  $ npx platform capacity production --json | jq '.requests[] | {request, perSecond, endsAt}'`;

export function capacityCommand(): Command {
  return new Command('capacity')
    .description('what an environment bears, where it ends first, and what the next step costs; asks nobody')
    .argument('[environment]', 'as main.ts names it (default: PLATFORM_ENVIRONMENT)')
    .option('--json', 'for programs')
    .option('--app <command>', 'what synthesizes the environments (default: CDKTF_APP, or that of cdktf.json)')
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, options: CapacityOptions) => {
      const environment = await planned(name, options, process.env);
      const report = reportOn(environment, measuredCosts());
      process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : renderCapacity(report, environment).join('\n')}\n`);
    });
}

async function planned(name: string | undefined, options: CapacityOptions, env: NodeJS.ProcessEnv) {
  const wanted = name ?? env['PLATFORM_ENVIRONMENT'];
  if (!wanted) throw new UsageError('name an environment of main.ts, or set PLATFORM_ENVIRONMENT');
  const environment = await synthesize(await readProject(options, env), wanted, env);
  const { connections } = environment;
  if (connections === undefined) throw new UsageError('main.ts uses an older version of this package than this command');
  return { ...environment, connections };
}
