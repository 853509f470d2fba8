import { expect, test } from 'vitest';
import { openLab } from '../../lab/lab';
import { topologyOf } from '../../lab/scenarios/topology';
import { editedMain } from './edited-main';

/** A server that lets nobody in is given up after this long. */
const SETTINGS = 'sshTimeoutSeconds: 20,';
const SERVER = 'web-2';

test('a server without metadata at its first boot fails the deploy with its name and the remedy, and the remedy works', async () => {
  const lab = await openLab();
  const app = await editedMain(lab, SETTINGS);
  await lab.deleteServer(SERVER);
  await lab.missMetadata(SERVER);

  const failed = await lab.deploy({ app }).then(
    () => 'the deploy did not fail',
    (error: unknown) => String(error),
  );
  expect(failed).toMatch(/terraform_data\.web_web-2_identify_/);
  expect(failed).toContain(`Delete it (hcloud server delete ${SERVER}) and deploy again`);

  await lab.deleteServer(SERVER);
  await lab.deploy({ app });
  const topology = topologyOf(lab);
  await expect.poll(() => topology.problems(), { timeout: 60_000, interval: 1000 }).toEqual([]);
});
