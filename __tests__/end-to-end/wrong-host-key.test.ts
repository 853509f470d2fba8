import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onMachine } from '../../lab/faults';
import { openLab, type Lab } from '../../lab/lab';
import { openHandle } from '../../lab/scenarios';
import { attempt } from '../../lab/traffic';
import { deployPinned } from './pinned-stack';
import { planAgain } from './plan-again';

/** Runs inside the client namespace of a lab that is empty, or as ssh.test.ts leaves it: see run.sh. */
const HOST_KEY = '/etc/ssh/platform_host_key';

let lab: Lab;

beforeAll(async () => {
  lab = await openLab();
  await deployPinned(lab);
  lab = await openLab();
});

describe('web-1 has another host key than the one that is known', () => {
  const on = async (script: string) => onMachine(await openHandle(), 'web-1', `set -eu; ${script}`);

  beforeAll(() => on(`mv ${HOST_KEY} ${HOST_KEY}.known; ssh-keygen -q -t ed25519 -N '' -f ${HOST_KEY}; systemctl reload ssh; sleep 1; touch /run/before-the-deploy`));
  afterAll(() => on(`mv ${HOST_KEY}.known ${HOST_KEY}; systemctl reload ssh`));

  // Terraform tries for as long as a server may take to boot: five minutes
  test('a deploy fails, says why, and brings nothing there', async () => {
    await expect(deployPinned(lab, 'web: { maxBodyMegabytes: 21 },')).rejects.toThrow('knownhosts: key mismatch');
    expect(await on('find /etc /var/lib/platform -xdev -type f -newer /run/before-the-deploy')).toBe('');
  });

  test('visitors are served', async () => {
    expect((await attempt({ address: lab.floatingIp, host: lab.domain }, { method: 'GET', path: '/api/notes' })).answer?.status).toBe(200);
  });
});

test('with the keys that are known a deploy works again', async () => {
  await deployPinned(lab);
  const { exitCode, stdout } = await planAgain(lab);
  expect(exitCode, stdout.slice(-4000)).toBe(0);
});
