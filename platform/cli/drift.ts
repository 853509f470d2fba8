import { Command } from 'commander';
import { askHost } from '../drift/hosts';
import { askPlan } from '../drift/plan';
import { judgeDrift, renderDrift, type DriftReport } from '../drift/report';
import { askServers, readServers } from '../drift/servers';
import { openDeployed } from '../environment/deployed';
import { Reach } from '../ssh/reach';
import { DRIFT_EXIT, hostsOf, withHostOptions, type HostOptions } from './common';

export interface DriftOptions extends HostOptions {
  readonly json?: boolean;
  readonly plan: boolean;
}

const HELP = `
It compares files, releases and units of all hosts with what the last deploy left there, asks Hetzner which servers are off, and has
Terraform plan what was synthesized last, with the variables of a deploy (TF_VAR_hcloud_token and so on). It changes nothing: each
difference comes with the command that mends it.

Exit code, as of terraform plan -detailed-exitcode and unlike other verbs: 0 nothing differs; 2 something does, a host that is off or does
not answer among it; 1 no difference is known, but not everything could be asked for.

Examples:
  $ npx platform drift -e production
  $ npx platform drift -e production web --no-plan        files and units of the web servers alone
  $ npx platform drift -e production --json | jq -r '.differences[].remedy' | sort -u`;

export function driftCommand(): Command {
  return withHostOptions(new Command('drift'))
    .description('what somebody has changed by hand, on hosts and at Hetzner, with the remedy; for a timer or CI')
    .argument('[host|tier]', 'only these: a host as `platform status` names it; or lb, web, app, mysql')
    .option('--json', 'for programs')
    .option('--no-plan', 'without Terraform: files, units and power alone')
    .addHelpText('after', HELP)
    .action(async (wanted: string | undefined, options: DriftOptions) => {
      const report = await drift(wanted, options, process.env);
      process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : renderDrift(report).join('\n')}\n`);
      process.exitCode = DRIFT_EXIT[report.verdict];
    });
}

/** @param wanted a host or a tier; undefined: all @throws UsageError */
export async function drift(wanted: string | undefined, options: DriftOptions, env: NodeJS.ProcessEnv): Promise<DriftReport> {
  const deployed = await openDeployed(options.environment, options, env);
  const { name, environment, project } = deployed;
  const hosts = wanted === undefined ? deployed.hosts : hostsOf(deployed.hosts, wanted);
  const [told, servers, plan] = await Promise.all([
    Reach.using(deployed, options, env, (reach) => Promise.all(hosts.map((host) => askHost(reach, host)))),
    askServers(env),
    options.plan ? askPlan({ environment, output: project.output, env }) : { differences: [], unasked: [] },
  ]);
  const isWanted = ({ where }: { readonly where: string }) => wanted === undefined || hosts.some((host) => host.name === where);
  return judgeDrift(name, [
    readServers(deployed, told, servers),
    ...told,
    { differences: plan.differences.filter(isWanted), unasked: plan.unasked },
  ]);
}
