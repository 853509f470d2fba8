import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bundleProgram, PROJECT_ROOT } from '../../lib/servers/bundle';

const AGENTS = readdirSync('agents')
  .filter((folder) => folder !== 'common')
  .map((agent) => `agents/${agent}/main.ts`);

test.each(AGENTS)('%s becomes one file without paths of this machine', (entryPoint) => {
  const text = bundleProgram(entryPoint);
  expect(text).not.toContain(PROJECT_ROOT);
  expect(text).not.toContain('sourceMappingURL');
  // esbuild leaves import.meta empty in CommonJS
  expect(text).not.toContain('import_meta');
});

test('a path in settings is relative to main.ts', () => {
  expect(bundleProgram(AGENTS[0]!)).toBe(bundleProgram(`${PROJECT_ROOT}/${AGENTS[0]}`));
});
