import { readFile } from 'node:fs/promises';
import { run } from './command';

/** Unmounts everything mounted at or below a folder, innermost first. */
export async function unmountBelow(folder: string): Promise<void> {
  const table = await readFile('/proc/self/mounts', 'utf8');
  const mounted = table
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
    .filter((path) => path === folder || path.startsWith(`${folder}/`));
  // lazy: a process that is just being killed may hold a file for some milliseconds more
  for (const path of mounted.reverse()) await run(['umount', '--lazy', path]);
}
