import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../environment/run';
import { UsageError } from '../environment/usage-error';

/**
 * The files of a revision in a folder of their own, with packages.
 * @param use gets the folder in which cdktf.json lies; it is gone when `use` ends
 * @throws UsageError for a revision that there is not, and without git
 */
export async function withRevision<T>(revision: string, use: (folder: string) => Promise<T>): Promise<T> {
  const commit = await git('rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`);
  const within = await git('rev-parse', '--show-prefix');
  const parent = await mkdtemp(join(tmpdir(), 'platform-base-'));
  const tree = join(parent, 'tree');
  try {
    await git('worktree', 'add', '--quiet', '--detach', tree, commit);
    const folder = join(tree, within);
    await bringPackages(folder);
    return await use(folder);
  } finally {
    await run('git', ['worktree', 'remove', '--force', tree]);
    await rm(parent, { recursive: true, force: true });
  }
}

/** Those of this folder, where they are the same. */
async function bringPackages(folder: string): Promise<void> {
  const lock = 'package-lock.json';
  const [here, there] = await Promise.all([readFile(lock, 'utf8').catch(() => ''), readFile(join(folder, lock), 'utf8').catch(() => '')]);
  if (here === there) {
    await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
    return;
  }
  const { code, stderr } = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
  if (code !== 0) throw new UsageError(`the packages of that revision cannot be installed:\n${stderr.trim()}`);
}

async function git(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run('git', words).catch((cause: unknown) => {
    throw new UsageError('comparing with a revision takes git, which cannot be started', { cause });
  });
  if (code !== 0) throw new UsageError(`git ${words.join(' ')}: ${stderr.trim()}`);
  return stdout.trim();
}
