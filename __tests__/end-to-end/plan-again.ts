import { execa } from 'execa';
import { join } from 'node:path';
import type { Lab } from '../../lab/lab';

/** Terraform's plan for what is deployed: exit code 0 says that there is nothing to change, 2 that there is. */
export async function planAgain(
  lab: Lab,
  env?: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly exitCode?: number; readonly stdout: string }> {
  return execa('terraform', ['plan', '-detailed-exitcode', '-no-color', '-input=false'], {
    cwd: join(lab.paths.state, 'cdktf.out/stacks/lab'),
    env,
    reject: false,
  });
}
