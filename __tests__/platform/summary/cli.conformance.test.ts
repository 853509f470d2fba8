import { execa } from 'execa';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Synthesizer, type Edit } from './edits';

const PLATFORM = resolve('platform/cli/platform.mjs');
const synthesizer = new Synthesizer();
const project = mkdtempSync(join(tmpdir(), 'summary-project-'));

/** A project whose main.ts has been synthesized beforehand: what is tried is revisions of git, not cdktf. */
beforeAll(async () => {
  writeFileSync(join(project, 'cdktf.json'), JSON.stringify({ app: 'cp -R synthesized/. "$CDKTF_OUTDIR"' }));
  writeFileSync(join(project, '.gitignore'), 'node_modules\n');
  symlinkSync(resolve('node_modules'), join(project, 'node_modules'));
  await git('init', '--quiet');
  await commit({});
  await commit({ web: { serverCount: 3 } });
  await commit({ web: { serverCount: 3 }, mysql: { volumeGb: 30 } });
});
afterAll(() => {
  rmSync(project, { recursive: true, force: true });
  synthesizer.stop();
});

const git = (...words: readonly string[]) =>
  execa('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...words], { cwd: project });

async function commit(edit: Edit): Promise<void> {
  const to = join(project, 'synthesized');
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to);
  cpSync(synthesizer.folder(edit), to, { recursive: true });
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'edit');
}

/** Without any secret. */
const summary = (...words: readonly string[]) =>
  execa('node', [PLATFORM, 'summary', ...words], { cwd: project, reject: false, extendEnv: false, env: { PATH: process.env['PATH'] } });

test('compares with a revision of git, and leaves no worktree behind', async () => {
  const { exitCode, stdout } = await summary('shop', '--base', 'HEAD~1');
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('db-1 to db-3: data volume and its file system grow from 20 to 30 GB')]);
  expect(stdout).not.toContain('web-3');
  expect((await summary('--base', 'HEAD~2', '--markdown')).stdout).toContain('- web-3: made (cx23, fsn1)');
  expect((await git('worktree', 'list')).stdout.split('\n')).toHaveLength(1);
});

test('an environment that has not been deployed is made', async () => {
  expect((await summary('shop')).stdout).toContain('shop, not deployed so far');
});

test.each([
  [['shop', '--base', 'no-such-branch'], 'no-such-branch'],
  [['shop', '--base', '--output=/etc/passwd'], 'git rev-parse'],
  [['nobody'], 'main.ts has no environment nobody; it has: shop'],
  [['shop', '--plan', 'cdktf.json'], 'is not what `terraform show -json PLAN` prints'],
])('%j cannot be asked', async (words, says) => {
  expect(await summary(...words)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(says) });
});
