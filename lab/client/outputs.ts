import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabPaths } from '../machines/paths';

/** The output of `terraform output`; empty before the first deploy. */
export interface Outputs {
  readonly url?: string;
  readonly floating_ip?: string;
  readonly ca_certificate?: string;
  readonly known_hosts?: string;
}

export async function readOutputs(paths: LabPaths): Promise<Outputs> {
  const file = join(paths.state, 'terraform.lab.tfstate');
  const text = existsSync(file) ? await readFile(file, 'utf8') : '';
  // Synth makes the file; the first apply fills it
  if (text === '') return {};
  const { outputs = {} } = JSON.parse(text) as { outputs?: Record<string, { value: unknown }> };
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}
