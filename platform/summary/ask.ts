import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PriceList } from '../doctor/price';
import { pullState, parseAttributes } from '../environment/state';
import { asPlatformStack, readProject, stackOf, withSynthesized, type Project, type ProjectOptions } from '../environment/synth';
import { UsageError } from '../environment/usage-error';
import { apiOf } from '../hetzner/api';
import { readPrices } from '../hetzner/project';
import { compareStacks, heldBack, readPlan, type Changes } from './changes';
import { LISTED, LISTED_AT } from './price-list';
import { withRevision } from './revision';
import { summarize, type Question, type Summary } from './summarize';
import { readSynthesized, type Block, type Blocks, type Files, type Synthesized } from './synthesized';

export interface SummaryOptions extends ProjectOptions {
  /** Revision of git to compare with. @default the state of the environment */
  readonly base?: string;
  /** What `terraform show -json` has printed of a plan. */
  readonly plan?: string;
}

type Compared = Pick<Question, 'changes' | 'heldBack' | 'filesBefore' | 'compared'>;

/**
 * @param names of environments; none: all that there are
 * @throws UsageError for what is not there, or cannot be synthesized
 */
export async function askSummaries(names: readonly string[], options: SummaryOptions, env: NodeJS.ProcessEnv): Promise<Summary[]> {
  const project = await readProject(options, env);
  const [prices, pricesOf] = await askPrices(env);
  return withSynthesized(project, env, async (stacks) => {
    const wanted = names.length > 0 ? names : [...stacks.keys()];
    const environments = wanted.map((name) => [readEnvironment(name, stackOf(stacks, name)), name] as const);
    const { plan, base } = options;
    if (plan !== undefined) {
      const [only, ...others] = environments;
      if (!only || others.length > 0) throw new UsageError('a plan is of one environment: name it');
      return [summarize({ ...(await ofPlan(plan, only[0], project)), after: only[0], prices, pricesOf })];
    }
    if (base === undefined)
      return Promise.all(
        environments.map(async ([after]) => summarize({ ...(await withState(after, project, env)), after, prices, pricesOf })),
      );
    return withBase(base, options, env, (before) => [
      ...environments.map(([after, name]) => summarize({ ...withStack(before.get(name), after, base), after, prices, pricesOf })),
      ...[...before.keys()].filter((name) => names.length === 0 && !stacks.has(name)).map((name) => gone(name, base)),
    ]);
  });
}

/** Of what main.ts has no more. */
function gone(environment: string, base: string): Summary {
  const lines = ['a deploy does nothing to it: its servers stay, and cost what they cost; destroy it by a main.ts that has it'];
  return { environment, compared: `compared with ${base}`, sections: [{ title: 'No longer in main.ts', lines, isWarning: true }] };
}

const readEnvironment = (name: string, file: string): Synthesized => asPlatformStack(name, () => readSynthesized(name, file));

async function withBase<T>(
  base: string,
  options: ProjectOptions,
  env: NodeJS.ProcessEnv,
  use: (before: ReadonlyMap<string, Synthesized>) => T,
): Promise<T> {
  return withRevision(base, async (folder) =>
    withSynthesized(
      await readProject(options, env, folder),
      env,
      async (stacks) => use(new Map([...stacks].map(([name, file]) => [name, readEnvironment(name, file)]))),
      folder,
    ),
  );
}

const NO_VARIABLES = 'what variables hold, and what was changed by hand, is not seen';

export function withStack(before: Synthesized | undefined, after: Synthesized, base: string): Compared {
  return {
    compared: before ? `compared with ${base}; ${NO_VARIABLES}` : `not in ${base}: a first deploy`,
    changes: compareStacks(before?.blocks ?? new Map<string, Block>(), after.blocks),
    heldBack: before ? heldBack(before.blocks, after.blocks) : [],
    filesBefore: (step) => before?.files(step),
  };
}

async function withState(after: Synthesized, project: Project, env: NodeJS.ProcessEnv): Promise<Compared> {
  const text = await pullState(after.environment, project.output, env);
  const before = parseAttributes(text);
  return {
    compared: before.size > 0 ? `compared with its state; ${NO_VARIABLES}` : 'not deployed so far',
    changes: compareStacks(new Map([...before].map(([address, block]) => [address, unwrapped(block)])), after.blocks, true),
    heldBack: heldBack(before, after.blocks),
    filesBefore: await filesOfLastDeploy(before, after.environment.name, project),
  };
}

/** A state keeps a value of any type with its type. */
function unwrapped(block: Block): Block {
  const { data } = z.object({ triggers_replace: z.object({ value: z.unknown(), type: z.unknown() }) }).safeParse(block);
  return data ? { ...block, triggers_replace: data.triggers_replace.value } : block;
}

async function ofPlan(file: string, after: Synthesized, project: Project): Promise<Compared> {
  const changes = await readPlanFile(file);
  const before = new Map([...changes].map(([address, change]) => [address, change.before]));
  return {
    compared: 'as the plan says',
    changes,
    heldBack: [],
    filesBefore: await filesOfLastDeploy(before, after.environment.name, project),
  };
}

async function readPlanFile(file: string): Promise<Changes> {
  try {
    return readPlan(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new UsageError(
      `${file} is not what \`terraform show -json PLAN\` prints: ${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** The folder that cdktf deploys from may be newer than the state: files of a step count only if their hash is the one in the state. */
async function filesOfLastDeploy(before: Blocks, name: string, { output }: Project): Promise<(step: string) => Files | undefined> {
  const last = await readFile(join(output, 'stacks', name, 'cdk.tf.json'), 'utf8').then(
    () => readSynthesizedIfPossible(name, join(output, 'stacks', name, 'cdk.tf.json')),
    () => undefined,
  );
  return (step) => {
    const applied = contentOf(unwrapped(before.get(step) ?? {}));
    return applied !== undefined && contentOf(last?.blocks.get(step) ?? {}) === applied ? last?.files(step) : undefined;
  };
}

function readSynthesizedIfPossible(name: string, file: string): Synthesized | undefined {
  try {
    return readSynthesized(name, file);
  } catch {
    return undefined;
  }
}

const contentOf = (block: Block) =>
  z.object({ triggers_replace: z.object({ content: z.string() }) }).safeParse(block).data?.triggers_replace.content;

/** Of the API where there is a token and an answer, else of the list here. */
async function askPrices(env: NodeJS.ProcessEnv): Promise<readonly [PriceList, string]> {
  const api = apiOf(env);
  if (!api) return [LISTED, LISTED_AT];
  try {
    return [await readPrices(api), "as Hetzner's API says"];
  } catch {
    return [LISTED, LISTED_AT];
  }
}
