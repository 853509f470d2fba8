import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readStack, type Environment } from '../environment/stack';

/** A resource as Terraform's JSON has it: literals, and expressions as text with `${`. */
export type Block = Readonly<Record<string, unknown>>;

/** By address: `hcloud_server.web_web-1_server_D979C390`. */
export type Blocks = ReadonlyMap<string, Block>;

/** Path in an upload to content, one character a byte. */
export type Files = ReadonlyMap<string, string>;

/** An environment as main.ts of one revision describes it, and what its steps upload. */
export interface Synthesized {
  readonly environment: Environment;
  readonly blocks: Blocks;
  /** Of a step, by its address; only those that upload a folder. */
  readonly files: (step: string) => Files | undefined;
}

const stackSchema = z.object({ resource: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))) });

/** @throws ZodError when it is not a stack of PlatformStack */
export function readSynthesized(name: string, file: string): Synthesized {
  const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const { resource } = stackSchema.parse(json);
  const blocks = new Map<string, Block>(
    Object.entries(resource).flatMap(([type, byId]) => Object.entries(byId).map(([id, block]) => [`${type}.${id}`, block] as const)),
  );
  const folders = new Map<string, string | undefined>([...blocks].map(([address, block]) => [address, uploadedFolder(block)]));
  return {
    environment: readStack(name, json),
    blocks,
    files: (step) => {
      const folder = folders.get(step);
      return folder === undefined ? undefined : new Map(filesIn(join(dirname(file), folder)));
    },
  };
}

/** Relative to the stack's own folder. */
const uploadSchema = z.object({ file: z.object({ source: z.string().refine((source) => source.startsWith('${path.module}/')) }) });

function uploadedFolder({ provisioner }: Block): string | undefined {
  if (!Array.isArray(provisioner)) return undefined;
  for (const each of provisioner) {
    const { data } = uploadSchema.safeParse(each);
    if (data) return data.file.source.replace('${path.module}/', '');
  }
  return undefined;
}

function* filesIn(root: string, folder = ''): Generator<readonly [path: string, content: string]> {
  for (const { name } of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) yield* filesIn(root, path);
    else yield [path, readFileSync(join(root, path), 'latin1')];
  }
}
