import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { z } from 'zod';
import { run } from '../../environment/run';
import type { Facts } from '../facts';

const versionSchema = z.object({ terraform_version: z.string() });
const packageSchema = z.object({ version: z.string() });

export async function askPrograms(terraform: string): Promise<Facts['programs']> {
  return {
    node: process.versions.node,
    terraform: await terraformVersion(terraform),
    cdktf: packageVersion('cdktf') ?? 'not installed',
    cdktfCli: packageVersion('cdktf-cli'),
  };
}

async function terraformVersion(program: string): Promise<string | null> {
  try {
    const { stdout } = await run(program, ['version', '-json']);
    return versionSchema.parse(JSON.parse(stdout)).terraform_version;
  } catch {
    return null;
  }
}

/** As installed in the folder of the project. */
function packageVersion(name: string): string | null {
  try {
    const require = createRequire(resolve('package.json'));
    return packageSchema.parse(require(`${name}/package.json`)).version;
  } catch {
    return null;
  }
}
