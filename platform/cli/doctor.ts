import { Command } from 'commander';
import { askFacts } from '../doctor/ask/facts';
import { newResolver } from '../doctor/ask/names';
import { examine, type Examination } from '../doctor/examine';
import { renderExamination } from '../doctor/report';
import { readProject, synthesize } from '../environment/synth';

export interface DoctorOptions {
  readonly json?: boolean;
  readonly app?: string;
  readonly output?: string;
  readonly resolver?: string;
}

const EXIT_CODES: Readonly<Record<Examination['verdict'], number>> = { fine: 0, wrong: 1, unasked: 2 };

const HELP = `
It takes the variables of a deploy from the environment (TF_VAR_hcloud_token and so on) and asks Hetzner's API, the DNS and the
platform itself. It changes nothing. Exit code: 0 nothing wrong, warnings perhaps; 1 a deploy would fail; 2 it could not ask.

Examples:
  $ npx platform doctor production                        before a deploy, the first one above all
  $ npx platform doctor production --json | jq '.findings[] | select(.level == "wrong")'
  $ npx platform doctor production --resolver 9.9.9.9     ask the DNS past what this machine remembers
  $ npx lab exec -- npx platform doctor lab               in the lab`;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('say what would stop a deploy of an environment, and what it costs; changes nothing')
    .argument('<environment>', 'as main.ts names it')
    .option('--json', 'for programs')
    .option('--app <command>', 'what synthesizes the environments (default: CDKTF_APP, or that of cdktf.json)')
    .option('--output <folder>', 'folder that cdktf deploys from (default: CDKTF_OUTPUT, or cdktf.out)')
    .option('--resolver <addresses>', 'name servers to ask, with commas between (default: PLATFORM_RESOLVER, or those of this machine)')
    .addHelpText('after', HELP)
    .action(async (name: string, options: DoctorOptions) => {
      const examination = await doctor(name, options, process.env);
      process.stdout.write(
        `${options.json ? JSON.stringify(examination, null, 2) : renderExamination(examination, process.stdout.columns).join('\n')}\n`,
      );
      process.exitCode = EXIT_CODES[examination.verdict];
    });
}

/** @throws UsageError for an environment that is not there, or cannot be synthesized */
export async function doctor(name: string, options: DoctorOptions, env: NodeJS.ProcessEnv): Promise<Examination> {
  const project = await readProject(options, env);
  const environment = await synthesize(project, name, env);
  const servers = (options.resolver ?? env['PLATFORM_RESOLVER'])?.split(',');
  return examine(await askFacts({ environment, env, output: project.output, resolver: newResolver(servers) }));
}
