import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { z } from 'zod';
import { run } from './run';
import { readStack, type Environment } from './stack';
import { UsageError } from './usage-error';

const projectSchema = z.object({ app: z.string(), output: z.string().default('cdktf.out') });
/** Of manifest.json, which cdktf writes beside what it synthesizes. */
export const manifestSchema = z.object({ stacks: z.record(z.string(), z.object({ synthesizedStackPath: z.string() })) });

export interface Project {
  /** Command that synthesizes all environments. */
  readonly app: string;
  /** Folder that cdktf deploys from; a local state lies relative to it. */
  readonly output: string;
}

export interface ProjectOptions {
  readonly app?: string;
  readonly output?: string;
}

/** What cdktf is told: by an option, CDKTF_APP and CDKTF_OUTPUT, or cdktf.json. */
export async function readProject(options: ProjectOptions, env: NodeJS.ProcessEnv, folder = '.'): Promise<Project> {
  const text = await readFile(join(folder, 'cdktf.json'), 'utf8').catch((cause: unknown) => {
    throw new UsageError('there is no cdktf.json here; run it in the folder of the project', { cause });
  });
  const { app, output } = projectSchema.parse(JSON.parse(text));
  return { app: options.app ?? env['CDKTF_APP'] ?? app, output: resolve(options.output ?? env['CDKTF_OUTPUT'] ?? output) };
}

/** Synthesizes into a folder of its own, so that what a deploy uses stays as it is. */
export async function synthesize(project: Project, environment: string, env: NodeJS.ProcessEnv): Promise<Environment> {
  return withSynthesized(project, env, async (stacks) => {
    const json: unknown = JSON.parse(await readFile(stackOf(stacks, environment), 'utf8'));
    return asPlatformStack(environment, () => readStack(environment, json));
  });
}

/** @throws UsageError with those that there are */
export function stackOf(stacks: ReadonlyMap<string, string>, environment: string): string {
  const file = stacks.get(environment);
  if (file === undefined) throw new UsageError(`main.ts has no environment ${environment}; it has: ${[...stacks.keys()].join(', ')}`);
  return file;
}

/**
 * @param use gets the file of each environment's stack, beside which lies what it uploads; all is gone when it ends
 * @param folder the one of cdktf.json. @default this one
 */
export async function withSynthesized<T>(
  { app }: Pick<Project, 'app'>,
  env: NodeJS.ProcessEnv,
  use: (stacks: ReadonlyMap<string, string>) => Promise<T>,
  folder = '.',
): Promise<T> {
  const output = await mkdtemp(join(tmpdir(), 'platform-synth-'));
  try {
    const path = [resolve(folder, 'node_modules/.bin'), env['PATH']].filter(Boolean).join(delimiter);
    const { code, stdout, stderr } = await run(app, [], { shell: true, cwd: folder, env: { ...env, PATH: path, CDKTF_OUTDIR: output } });
    if (code !== 0) throw new UsageError(`${app} ended with ${code}:\n${(stderr || stdout).trim()}`);
    const { stacks } = manifestSchema.parse(JSON.parse(await readFile(join(output, 'manifest.json'), 'utf8')));
    return await use(new Map(Object.entries(stacks).map(([name, { synthesizedStackPath }]) => [name, join(output, synthesizedStackPath)])));
  } finally {
    await rm(output, { recursive: true, force: true });
  }
}

/** What `read` makes of a stack. @throws UsageError where it finds something else than it looks for */
export function asPlatformStack<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof z.ZodError)
      throw new UsageError(`${name} of main.ts is not a PlatformStack of this version:\n${z.prettifyError(error)}`);
    throw error;
  }
}
