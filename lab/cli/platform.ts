import { join } from 'node:path';
import type { Lab } from '../lab';
import { REPOSITORY } from '../machines/paths';
import { execInClient, type ClientOptions } from '../client/in-client';

/** The operators' command, as for any other environment: from the client's side of the Internet, by SSH. Resolves to its exit code. */
export function runPlatform(lab: Lab, argv: readonly string[], options: Pick<ClientOptions, 'onOutput'> = {}): Promise<number> {
  const command = [process.execPath, join(REPOSITORY, 'platform/cli/platform.mjs'), ...argv];
  // It asks no Terraform provider, so none has to be started
  return execInClient(lab, command, { ...options, providers: { kind: 'real', cliConfigFile: null, locked: true, why: 'none is used' } });
}
