import { spawnSync } from 'node:child_process';

/**
 * Whether a real program is there to be tested with. Without it a suite is skipped, and says so; in CI that is a failure.
 * Debian keeps daemons in /usr/sbin.
 */
export function hasProgram(name: string): boolean {
  const found = spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin command -v ${name}`]).status === 0;
  if (!found && process.env['CI'] === 'true') throw new Error(`${name} is not installed, and CI=true`);
  return found;
}
