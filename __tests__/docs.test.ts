import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';

const PAGES = [
  ...['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'lab/README.md'],
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];
const TESTS = new Set(readdirSync('__tests__', { recursive: true, encoding: 'utf8' }).map((file) => basename(file)));

test('every test that a page names is there', () => {
  const named = PAGES.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/`([\w./-]+\.test\.ts|__tests__\/[\w./-]+)`/g)].map(([, path = '']) => ({ page, path })),
  );
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter(({ path }) => !(path.startsWith('__tests__/') ? existsSync(path) : TESTS.has(basename(path))))).toEqual([]);
});
