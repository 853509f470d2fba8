import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseOutputs, type Outputs } from './outputs';
import { readStack, type Environment } from './stack';
import { parseState, pullState, type State } from './state';
import { manifestSchema, readProject, synthesize, type Project, type ProjectOptions } from './synth';
import { UsageError } from './usage-error';

export interface Deployed extends Outputs {
  /** Of the environment, as main.ts has it. */
  readonly name: string;
  /** Who logs in, as a deploy does. */
  readonly sshUser: string;
  /** What was synthesized of it. */
  readonly environment: Environment;
  readonly state: State;
  /** Where it was deployed from. */
  readonly project: Project;
}

/**
 * A deployed environment, by what was synthesized for its last deploy from this folder, and by its state. Where nothing was, as in a
 * fresh clone, main.ts is synthesized, which takes seconds.
 * @param wanted its name. @default PLATFORM_ENVIRONMENT, or the only one that there is
 * @throws UsageError for an environment that is not there, or is not deployed
 */
export async function openDeployed(wanted: string | undefined, options: ProjectOptions, env: NodeJS.ProcessEnv): Promise<Deployed> {
  const project = await readProject(options, env);
  const name = wanted ?? env['PLATFORM_ENVIRONMENT'] ?? onlyOne(await synthesizedNames(project));
  const environment = (await lastSynthesized(project, name)) ?? (await synthesize(project, name, env));
  const made = await readMade(environment, project, env);
  if (!made) throw new UsageError(`${name} is not deployed: its state names no servers; deploy it first: npx cdktf deploy ${name}`);
  return { ...made, name, sshUser: environment.sshUser, environment, project };
}

async function readMade(
  environment: Environment,
  { output }: Project,
  env: NodeJS.ProcessEnv,
): Promise<(Outputs & Pick<Deployed, 'state'>) | null> {
  try {
    const text = await pullState(environment, output, env);
    const outputs = parseOutputs(text);
    return outputs && { ...outputs, state: parseState(text) };
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error);
    throw new UsageError(`the state of ${environment.name} cannot be read: ${why}\nnpx platform doctor ${environment.name} says more`, {
      cause: error,
    });
  }
}

/** Names of the environments in the folder that cdktf deploys from; none where nothing has been synthesized. */
export async function synthesizedNames(project: Project): Promise<readonly string[]> {
  return [...(await readManifest(project)).keys()];
}

function onlyOne(names: readonly string[]): string {
  const [name, ...others] = names;
  if (name === undefined) throw new UsageError('which environment? Name one of main.ts: --environment NAME, or PLATFORM_ENVIRONMENT');
  if (others.length > 0)
    throw new UsageError(`which environment? Choose one of ${names.join(', ')}: --environment ${name}, or PLATFORM_ENVIRONMENT=${name}`);
  return name;
}

/** Undefined where it was not synthesized, or by another version. */
async function lastSynthesized(project: Project, name: string): Promise<Environment | undefined> {
  const path = (await readManifest(project)).get(name);
  if (path === undefined) return undefined;
  try {
    return readStack(name, JSON.parse(await readFile(join(project.output, path), 'utf8')));
  } catch {
    return undefined;
  }
}

async function readManifest({ output }: Project): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(output, 'manifest.json'), 'utf8').catch(() => '{"stacks":{}}');
  const { stacks } = manifestSchema.parse(JSON.parse(text));
  return new Map(Object.entries(stacks).map(([name, { synthesizedStackPath }]) => [name, synthesizedStackPath]));
}
