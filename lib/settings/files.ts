import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { projectPath } from '../build/project-path';
import type { Problem } from '../errors';
import { textWith, type Rule } from './rules';

/** A program, by its path. */
export const program = existing('isFile', 'an existing program');

/** Static files that hosts can handle: they list, hash and copy them by lines, and know nothing but files and folders. */
export const publicFolder: Rule = (got, prop) => {
  const problems = existing('isDirectory', 'an existing folder')(got, prop);
  return problems.length > 0 || typeof got !== 'string' ? problems : fileNames(got, prop);
};

/** A PEM file, by its path. */
export function pemFile(parse: (pem: string) => object): Rule {
  return textWith((prop, got) => {
    if (!is(got, 'isFile')) return missing(prop, got, 'an existing file');
    try {
      parse(readFileSync(projectPath(got), 'utf8'));
      return undefined;
    } catch (error) {
      return { code: 'pem', prop, got, want: 'a PEM file', fix: error instanceof Error ? error.message : String(error) };
    }
  });
}

/** Undefined where `pemFile` has a problem. */
export function readPem<T extends object>(path: string | undefined, parse: (pem: string) => T): T | undefined {
  return path === undefined || pemFile(parse)(path, '').length > 0 ? undefined : parse(readFileSync(projectPath(path), 'utf8'));
}

function existing(kind: 'isFile' | 'isDirectory', want: string): Rule {
  return textWith((prop, got) => (is(got, kind) ? undefined : missing(prop, got, want)));
}

const is = (path: string, kind: 'isFile' | 'isDirectory') =>
  path !== '' && !path.includes('\0') && existsSync(projectPath(path)) && statSync(projectPath(path))[kind]();

const missing = (prop: string, got: string, want: string): Problem => ({
  code: 'file-missing',
  prop,
  got,
  want,
  fix: 'paths are relative to main.ts',
});

function fileNames(folder: string, prop: string): Problem[] {
  const root = projectPath(folder);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /[\\\p{Cc}]/u.test(name) || !isReadable(join(root, name)))
    .map((got) => ({
      code: 'file-name',
      prop,
      got,
      want: 'files and folders whose names have no backslash and no control character',
      fix: 'rename or remove it',
    }));
}

/** A link that leads nowhere is none, and nor is a socket. */
function isReadable(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && (found.isFile() || found.isDirectory());
}
