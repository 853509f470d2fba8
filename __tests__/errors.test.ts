import { Construct } from 'constructs';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError } from '../lib/errors';
import { testStack } from './helpers/stack';

const problem = {
  code: 'member-count',
  prop: 'memberCount',
  got: 2,
  want: '3, 5, 7 or 9',
  fix: 'add a member, two cannot outvote a failure',
};

test('says where, which property, its value, what is wanted and what to do', () => {
  const at = new Construct(testStack(), 'mysql');
  expect(new ConfigError(at, problem).message).toBe(
    'test/mysql: memberCount is 2, want 3, 5, 7 or 9; add a member, two cannot outvote a failure [member-count]',
  );
});

test('shows all problems at once, and no stack trace', () => {
  const error = new ConfigError('lab', [problem, { ...problem, prop: 'image', got: undefined }]);
  expect(error.stack).toBe(`ConfigError: ${error.message}`);
  expect(error.message.split('\n')).toEqual([expect.stringContaining('memberCount is 2'), expect.stringContaining('image is not set')]);
});

test('docs/errors.md lists every code of the library, and no other', () => {
  const inCode = sources('lib').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\bcode: '([a-z-]+)'/g)].map((match) => match[1]),
  );
  const inDocs = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1]);
  expect(inDocs).toEqual([...new Set(inCode)].sort());
});

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}
