import { deploy } from '../../lab/cli/deploy';
import type { Lab } from '../../lab/lab';
import { editedMain } from './edited-main';

export const USER = 'deploy';

/** The stack with host keys that are known from the start, and a user of its own. */
export async function deployPinned(lab: Lab, settings = ''): Promise<void> {
  await deploy(lab, { app: await editedMain(lab, `pinHostKeys: true, sshUser: '${USER}', ${settings}`) });
}
