import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bundleProgram } from '../../lib/build/bundle';
import { PACKAGE_ROOT } from '../../lib/build/project-path';

const AGENTS = readdirSync('agents')
  .filter((folder) => folder !== 'common')
  .map((agent) => `agents/${agent}/main.ts`);

test.each(AGENTS)('%s becomes one file without paths of this machine', (entryPoint) => {
  const text = bundleProgram(entryPoint);
  expect(text).not.toContain(PACKAGE_ROOT);
  expect(text).not.toContain('sourceMappingURL');
  // esbuild leaves import.meta empty in CommonJS
  expect(text).not.toContain('import_meta');
});

test('a path in settings is relative to main.ts', () => {
  expect(bundleProgram(AGENTS[0]!)).toBe(bundleProgram(`${PACKAGE_ROOT}/${AGENTS[0]}`));
});
