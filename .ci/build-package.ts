import { build } from 'esbuild';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentProgram, BUILT_AGENTS, bundleProgram } from '../lib/build/bundle';
import { PACKAGE_ROOT } from '../lib/build/project-path';

/** Builds dist/, which `npm run package` puts into the package beside provisioning/. Types are tsc's part: tsconfig.package.json. */
const DIST = join(PACKAGE_ROOT, 'dist');

/** One file that any Node can load, by `import` and by `require`; packages that a project has in any case stay outside. */
const programs = { index: 'lib/index.ts', platform: 'platform/cli/main.ts' };
const peers = ['cdktf', 'constructs', '@cdktf/*', 'esbuild'];

rmSync(DIST, { recursive: true, force: true });
await build({
  entryPoints: Object.entries(programs).map(([out, path]) => ({ in: join(PACKAGE_ROOT, path), out })),
  outdir: DIST,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  charset: 'utf8',
  external: peers,
  define: { 'import.meta.url': 'moduleUrl' },
  banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
});

mkdirSync(BUILT_AGENTS, { recursive: true });
for (const { name } of readdirSync(join(PACKAGE_ROOT, 'agents'), { withFileTypes: true })) {
  if (name !== 'common') writeFileSync(join(BUILT_AGENTS, `${name}.js`), bundleProgram(agentProgram(name)));
}
// Types are those of CommonJS files; the package itself is of ES modules
mkdirSync(join(DIST, 'types'));
writeFileSync(join(DIST, 'types/package.json'), '{ "type": "commonjs" }\n');
