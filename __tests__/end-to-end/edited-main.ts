import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from '../../lab/lab';

const LAB_STACK = "new PlatformStack(app, 'lab', {";

/**
 * A copy of main.ts with more settings in the environment of the lab, as an operator would write them there.
 * @returns the command that synthesizes it, for `cdktf --app`
 */
export async function editedMain(lab: Lab, settings: string): Promise<string> {
  const main = await readFile('main.ts', 'utf8');
  if (!main.includes(LAB_STACK)) throw new Error(`main.ts has no ${LAB_STACK}`);
  const file = join(lab.paths.state, 'main.ts');
  await writeFile(file, main.replace(LAB_STACK, `${LAB_STACK}\n  ${settings}`).replaceAll("from './", `from '${process.cwd()}/`));
  return `tsx ${file}`;
}
