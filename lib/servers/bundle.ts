import { buildSync } from 'esbuild';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of main.ts. Bundles name their modules relative to it, so that they are the same on any path. */
export const PROJECT_ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Paths in settings are relative to main.ts, wherever the command was started. */
export function projectPath(path: string): string {
  return resolve(PROJECT_ROOT, path);
}

const bundles = new Map<string, string>();

/** One TypeScript program and all that it imports, as one CommonJS file for the distribution's Node. */
export function bundleProgram(entryPoint: string): string {
  const known = bundles.get(entryPoint);
  if (known !== undefined) return known;
  const { outputFiles } = buildSync({
    entryPoints: [projectPath(entryPoint)],
    absWorkingDir: PROJECT_ROOT,
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
  const text = outputFiles[0]?.text ?? '';
  bundles.set(entryPoint, text);
  return text;
}
