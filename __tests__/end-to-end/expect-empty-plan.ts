import { execa } from 'execa';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Lab } from '../../lab/lab';

/** Terraform finds nothing to change in what is deployed. */
export async function expectEmptyPlan(lab: Lab, env?: Readonly<Record<string, string | undefined>>): Promise<void> {
  const { exitCode, stdout } = await execa('terraform', ['plan', '-detailed-exitcode', '-no-color', '-input=false'], {
    cwd: join(lab.paths.state, 'cdktf.out/stacks/lab'),
    env,
    reject: false,
  });
  expect(exitCode, stdout.slice(-4000)).toBe(0);
}
