import { buildSync } from 'esbuild';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PACKAGE_ROOT, PROJECT_ROOT, projectPath } from './project-path';

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
