import { Command } from 'commander';
import { openDeployed } from '../environment/deployed';
import { Reach } from '../ssh/reach';
import { askStatus } from '../status/ask';
import { renderStatus } from '../status/render';
import { judge, type StatusReport } from '../status/report';
import { EXIT, withHostOptions, type HostOptions } from './common';

const EXIT_CODES: Readonly<Record<StatusReport['verdict'], number>> = { fine: EXIT.fine, wrong: EXIT.wrong, unasked: EXIT.wrong };

const HELP = `
It logs in to all hosts at once. A host that does not answer in time is a row that says so.
Exit code: 0 all is as it should be; 1 something is not, which is told at the end; 2 it could not ask.

Examples:
  $ npx platform status production
  $ npx platform status production --json | jq -r '.hosts[] | select(.role == "PRIMARY").name'
  $ watch -n 5 npx platform status production`;

export function statusCommand(): Command {
  return withHostOptions(new Command('status'))
    .description('address, servers, roles, database members, certificate, and what is not as it should be')
    .argument('[environment]', 'the same as --environment')
    .option('--json', 'for programs')
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, options: HostOptions & { readonly json?: boolean }) => {
      const report = await status({ ...options, environment: name ?? options.environment }, process.env);
      process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : renderStatus(report, Date.now()).join('\n')}\n`);
      process.exitCode = EXIT_CODES[report.verdict];
    });
}

/** @throws UsageError */
export async function status(
  options: Omit<HostOptions, 'environment'> & { readonly environment?: string | undefined },
  env: NodeJS.ProcessEnv,
): Promise<StatusReport> {
  const deployed = await openDeployed(options.environment, options, env);
  const { name: environment, url, floatingIp } = deployed;
  const hosts = await Reach.using(deployed, options, env, (reach) => Promise.all(deployed.hosts.map((host) => askStatus(reach, host))));
  return judge({ environment, url, floatingIp, hosts }, Date.now());
}
