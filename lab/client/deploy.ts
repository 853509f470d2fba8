import { createWriteStream, existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from '../lab';
import { REPOSITORY } from '../machines/paths';
import { plainText, readDeployLine } from './deploy-output';
import { execInClient } from './in-client';
import { readOutputs } from './outputs';
import { createProgress, type Progress } from './progress';
import { chooseProviders, type ProviderChoice } from './provider-choice';

const STACK = 'lab';
/** Lines shown of a failure without an error message, such as one of synth. */
const LAST_LINES = 25;

export interface DeployOptions {
  /** Command that synthesizes the stacks. @default that of cdktf.json */
  readonly app?: string;
}

/** See `Lab.deploy`. Prints a line where something begins or ends; everything goes to deploy.log. */
export async function deploy(lab: Lab, { app }: DeployOptions = {}): Promise<void> {
  const progress = createProgress();
  const providers = await chooseProviders();
  const { kind, why } = providers;
  progress.say(`cdktf deploy ${STACK}, with ${kind === 'real' ? "Hetzner's own" : 'stand-in'} Terraform provider (${why})`);
  await runCdktf(lab, ['deploy', ...(await appOption(providers, app))], providers, progress);
  const { ca_certificate: authority } = await readOutputs(lab.paths);
  if (authority) await writeFile(join(lab.paths.state, 'ca.pem'), authority);
}

/** Removes all resources of the stack from the emulated project. */
export async function destroy(lab: Lab): Promise<void> {
  const progress = createProgress();
  progress.say(`cdktf destroy ${STACK}`);
  const providers = await chooseProviders();
  await runCdktf(lab, ['destroy', ...(await appOption(providers))], providers, progress);
}

/** With packages that the lock file does not know, the stack has none: cdktf runs `terraform init` right after the command. */
export async function appOption({ locked }: Pick<ProviderChoice, 'locked'>, app?: string): Promise<string[]> {
  if (locked) return app ? ['--app', app] : [];
  const settings = JSON.parse(await readFile(join(REPOSITORY, 'cdktf.json'), 'utf8')) as { app: string };
  return ['--app', `${app ?? settings.app} && rm -f "$CDKTF_OUTDIR/stacks/${STACK}/.terraform.lock.hcl"`];
}

async function runCdktf(
  lab: Lab,
  [verb, ...options]: readonly ['deploy' | 'destroy', ...string[]],
  providers: ProviderChoice,
  progress: Progress,
): Promise<void> {
  const logFile = join(lab.paths.state, `${verb}.log`);
  const log = createWriteStream(logFile);
  const errors: string[] = [];
  const remedies = new Map<string, string>();
  const last: string[] = [];
  let rest = '';
  const onOutput = (text: string) => {
    log.write(text);
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      last.push(...plainText(line));
      last.splice(0, last.length - LAST_LINES);
      const read = readDeployLine(line);
      if (read?.kind === 'error') errors.push(read.text);
      else if (read?.kind === 'remedy') remedies.set(read.step ?? '', read.text);
      else if (read) progress.say(read.text);
    }
  };
  // A folder of its own, so that labs do not meet: the stack keeps its state three levels up from there
  const output = join(lab.paths.state, 'cdktf.out');
  const argv = [
    join(REPOSITORY, 'node_modules/.bin/cdktf'),
    verb,
    STACK,
    ...options,
    '--output',
    output,
    '--auto-approve',
    '--skip-provider-lock',
  ];
  const code = await execInClient(lab, argv, { onOutput, providers });
  if (code !== 0 && errors.length === 0 && existsSync(join(output, 'stacks', STACK)))
    await execInClient(lab, planOf(output), { onOutput, providers });
  log.end();
  if (code === 0) return progress.done(`${verb} done`);
  const said = [...remedies].filter(([step]) => errors.some((line) => line.includes(step))).map(([, text]) => text);
  throw new Error(`cdktf ${verb} failed\n${[...(errors.length > 0 ? errors : last), ...said].join('\n')}\nAll of its output: ${logFile}`);
}

/**
 * cdktf loses the end of a long plan that fails, and with it the reason, because node-pty waits only 0.2 s after Terraform has
 * ended. Run alone, Terraform prints it.
 */
const planOf = (output: string): string[] => [
  'terraform',
  `-chdir=${join(output, 'stacks', STACK)}`,
  'plan',
  '-no-color',
  '-input=false',
  '-lock=false',
];
