import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this library: of the repository, or of the package where it is installed. */
export const PACKAGE_ROOT = folderWith('package.json', dirname(fileURLToPath(import.meta.url))) ?? process.cwd();

/** The folder of cdktf.json: that which cdktf runs main.ts in, or that of main.ts where something else runs it. */
export const PROJECT_ROOT =
  folderWith('cdktf.json', process.cwd()) ?? folderWith('cdktf.json', dirname(process.argv[1] ?? '.')) ?? process.cwd();

/** The nearest one that holds this file, from `folder` upwards. */
function folderWith(file: string, folder: string): string | undefined {
  if (existsSync(join(folder, file))) return resolve(folder);
  return dirname(folder) === folder ? undefined : folderWith(file, dirname(resolve(folder)));
}

/** Paths in settings are relative to main.ts, wherever the command was started. */
export function projectPath(path: string): string {
  return resolve(PROJECT_ROOT, path);
}
