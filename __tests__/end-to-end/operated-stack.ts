import { readFile } from 'node:fs/promises';
import { onMachine } from '../../lab/faults';
import type { Lab } from '../../lab/lab';
import { editedMain } from './edited-main';

export const USER = 'deploy';
/** The CA is the one that rotation.test.ts leaves: going back in one deploy would part the members for a while. */
const SETTINGS = `sshUser: '${USER}', updates: { securityUpdates: true }, internalAuthorities: ['2'],`;

/** The stack with a user of its own, who is made first on servers that exist, and with updates that install themselves. */
export async function deployOperated(lab: Lab, settings = ''): Promise<void> {
  const commands = await documentedCommands();
  for (const { name } of await lab.machines()) await onMachine(lab, name, `id -u ${USER} >/dev/null 2>&1 || { set -eu; ${commands}\n}`, 60);
  await lab.deploy({ app: await editedMain(lab, SETTINGS + settings) });
}

/** What docs/security.md tells operators to do. */
async function documentedCommands(): Promise<string> {
  const [, commands] = /```sh\n(useradd[\s\S]*?)```/.exec(await readFile('docs/security.md', 'utf8')) ?? [];
  if (!commands) throw new Error('docs/security.md does not tell how to make the user');
  return commands;
}
