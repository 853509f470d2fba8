import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { run, terraformOf } from './run';
import type { Environment } from './stack';

/** Something that Terraform has made. */
export interface Made {
  readonly id: string;
  /** When it ends, of a certificate of Cloudflare's Origin CA. */
  readonly endsAt?: Date;
}

/** By address (`hcloud_server.web_web-1_server_D979C390`). Empty before the first deploy. */
export type State = ReadonlyMap<string, Made>;

const stateSchema = z.object({
  resources: z
    .array(
      z.object({
        mode: z.string(),
        type: z.string(),
        name: z.string(),
        instances: z.array(z.object({ attributes: z.record(z.string(), z.unknown()).nullish() })),
      }),
    )
    .default([]),
});

const madeSchema = z.object({ id: z.coerce.string(), expires_on: z.unknown().optional() });

/** @param text what `terraform state pull` prints: nothing before the first deploy */
export function parseState(text: string): State {
  return new Map(
    [...parseAttributes(text)].map(([address, attributes]) => {
      const { id, expires_on: expiresOn } = madeSchema.parse(attributes);
      return [address, { id, ...endOf(expiresOn) }];
    }),
  );
}

/** By address, what Terraform knows of what it has made. @param text as for `parseState` */
export function parseAttributes(text: string): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  if (text.trim() === '') return new Map();
  const { resources } = stateSchema.parse(JSON.parse(text));
  return new Map(
    resources
      .filter(({ mode }) => mode === 'managed')
      .flatMap(({ type, name, instances }) => {
        const attributes = instances[0]?.attributes;
        return attributes ? [[`${type}.${name}`, attributes] as const] : [];
      }),
  );
}

function endOf(expiresOn: unknown): Pick<Made, 'endsAt'> {
  const endsAt = new Date(typeof expiresOn === 'string' ? expiresOn : NaN);
  return Number.isNaN(endsAt.getTime()) ? {} : { endsAt };
}

/**
 * The text of the state, from where the backend has it, without the lock and without providers: a folder with nothing but the backend is
 * enough. A local state is a file; any other takes Terraform.
 * @param output the folder that cdktf deploys from
 * @returns nothing before the first deploy
 * @throws an error in Terraform's words
 */
export async function pullState(
  { name, state }: Pick<Environment, 'name' | 'state'>,
  output: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const deployedFrom = join(output, 'stacks', name);
  const local = localSchema.safeParse(state.backend);
  if (local.success) return readIfThere(resolve(deployedFrom, local.data.local.path));
  const folder = await mkdtemp(join(tmpdir(), 'platform-state-'));
  // Neither the user's data folder nor arguments meant for a deploy
  const own = { ...env, TF_DATA_DIR: join(folder, '.terraform'), TF_CLI_ARGS: '', TF_IN_AUTOMATION: '1' };
  try {
    await writeFile(join(folder, 'main.tf.json'), JSON.stringify({ terraform: located(state) }));
    // It also looks for the providers of what is in the state, finds none in an empty folder, and fails; the backend is ready by then
    const terraform = terraformOf(env);
    const init = await run(terraform, ['init', '-input=false', '-no-color', `-plugin-dir=${folder}`], { cwd: folder, env: own });
    const { code, stdout, stderr } = await run(terraform, ['state', 'pull'], { cwd: folder, env: own });
    if (code !== 0) throw new Error((init.stderr || stderr).trim());
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Terraform takes a relative path from the folder it runs in, which is that of the stack. */
const localSchema = z.object({ local: z.object({ path: z.string() }) });

async function readIfThere(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}

const located = ({ backend, cloud }: Environment['state']): object => ({
  ...(backend !== undefined && { backend }),
  ...(cloud !== undefined && { cloud }),
});
