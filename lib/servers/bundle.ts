import { buildSync } from 'esbuild';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this library: of the repository, or of the package where it is installed. */
export const PACKAGE_ROOT = folderWith('package.json', dirname(fileURLToPath(import.meta.url))) ?? process.cwd();

/** The folder of cdktf.json: that which cdktf runs main.ts in, or that of main.ts where something else runs it. */
const PROJECT_ROOT = folderWith('cdktf.json', process.cwd()) ?? folderWith('cdktf.json', dirname(process.argv[1] ?? '.')) ?? process.cwd();

/** The nearest one that holds this file, from `folder` upwards. */
function folderWith(file: string, folder: string): string | undefined {
  if (existsSync(join(folder, file))) return resolve(folder);
  return dirname(folder) === folder ? undefined : folderWith(file, dirname(resolve(folder)));
}

/** Paths in settings are relative to main.ts, wherever the command was started. */
export function projectPath(path: string): string {
  return resolve(PROJECT_ROOT, path);
}

/** One file an agent, in the package: a project that installs it has not what agents import. */
export const BUILT_AGENTS = join(PACKAGE_ROOT, 'dist/agents');

/** Path of a program in agents/, by the name of its folder. */
export function agentProgram(name: string): string {
  const source = join(PACKAGE_ROOT, 'agents', name, 'main.ts');
  return existsSync(source) ? source : join(BUILT_AGENTS, `${name}.js`);
}

const bundles = new Map<string, string>();

/** One TypeScript program and all that it imports, as one CommonJS file for the distribution's Node. */
export function bundleProgram(entryPoint: string): string {
  const path = projectPath(entryPoint);
  const known = bundles.get(path);
  if (known !== undefined) return known;
  const text = dirname(path) === BUILT_AGENTS ? readFileSync(path, 'utf8') : bundled(path);
  bundles.set(path, text);
  return text;
}

function bundled(path: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [path],
    // Bundles name their modules relative to it, so that they are the same on any path
    absWorkingDir: path.startsWith(join(PACKAGE_ROOT, 'agents')) ? PACKAGE_ROOT : PROJECT_ROOT,
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    charset: 'utf8',
    legalComments: 'none',
    preserveSymlinks: true,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}
