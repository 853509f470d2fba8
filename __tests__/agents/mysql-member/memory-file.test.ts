import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readMemory, writeMemory } from '../../../agents/mysql-member/memory-file';
import { NO_MEMORY } from '../../../agents/mysql-member/report';
import { REMEMBERS } from './situations';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'memory-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test('comes back as it was written, readable by its owner only', async () => {
  const path = join(folder(), 'member/memory.json');
  await writeMemory(path, REMEMBERS);
  expect(readMemory(path)).toEqual(REMEMBERS);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a member without a file has no past', () => {
  expect(readMemory(join(folder(), 'memory.json'))).toEqual(NO_MEMORY);
});

test('a damaged file stops the agent: it could have held a promise', () => {
  const path = join(folder(), 'memory.json');
  writeFileSync(path, '{"promised": 3');
  expect(() => readMemory(path)).toThrow(SyntaxError);
});

test.each(['{"promised": "3"}', '{"setAside": "x:0"}', '{"joined": {}}', '[]x'])('a file of another form stops the agent: %s', (text) => {
  const path = join(folder(), 'memory.json');
  writeFileSync(path, text);
  expect(() => readMemory(path)).toThrow();
});
