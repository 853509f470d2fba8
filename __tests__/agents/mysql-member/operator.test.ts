import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { AgentConfig } from '../../../agents/mysql-member/config';
import { operate } from '../../../agents/mysql-member/operator';

const CLEARS_SCREEN = '\u001b[2J';
const SETS_TITLE = '\u009d0;root\u0007';

/** What root sees of a command, when the agent answers this. */
async function shown(answer: object, ...words: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'operator-'));
  const controlSocket = join(folder, 'control.sock');
  const server = createServer((_, response) => response.end(JSON.stringify(answer))).listen(controlSocket);
  await new Promise((resolve) => server.once('listening', resolve));
  let text = '';
  const take = (chunk: unknown) => Boolean((text += String(chunk)));
  const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(take));
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  try {
    await operate({ name: 'db-1', members: [], controlSocket, accounts: {} } as unknown as AgentConfig, words);
  } finally {
    spies.forEach((spy) => spy.mockRestore());
  }
  return text;
}

const STATUS = {
  name: 'db-1',
  state: 'ONLINE',
  members: [{ name: `db-2${CLEARS_SCREEN}`, state: `ONLINE${SETS_TITLE}`, role: null }],
  report: { disk: null },
  lastDecision: { kind: 'nothing', reason: `all is well${CLEARS_SCREEN}` },
  warnings: [`a second\nline${SETS_TITLE}`],
  dumps: [],
};

test.each([
  ['status', STATUS, ['status']],
  ['status as JSON', STATUS, ['status', '--json']],
  ['an error', { error: `no${CLEARS_SCREEN}` }, ['step-down']],
  ['an answer', { primary: `db-2${SETS_TITLE}` }, ['step-down']],
])('what a member says reaches the terminal of root as text, and tells it nothing: %s', async (_, answer, words) => {
  const text = await shown(answer, ...words);
  expect(text).not.toMatch(/[^\P{C}\n]/u);
  expect(text).toMatch(/db-|no/);
});
