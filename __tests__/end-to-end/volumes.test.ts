import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { noAcknowledgedWriteLost, noFailedRequest } from '../../lab/checkers';
import type { Lab } from '../../lab/lab';
import { openDeployedLab, type Scenario } from '../../lab/scenarios';
import { editedMain } from './edited-main';
import { judge } from './judge';

const MEMBERS = ['db-1', 'db-2', 'db-3'];

async function said(lab: Lab, command: readonly string[]): Promise<string[]> {
  return Promise.all(MEMBERS.map(async (member) => (await lab.exec(member, command)).stdout.trim()));
}

/** GB of the file system on which each member has its data. */
async function fileSystems(lab: Lab): Promise<number[]> {
  return (await said(lab, ['stat', '--file-system', '--format=%b %S', '/srv/mysql'])).map((line) => {
    const [blocks = 0, size = 0] = line.split(' ').map(Number);
    return (blocks * size) / 1024 ** 3;
  });
}

const startsOfMysqld = (lab: Lab) => said(lab, ['systemctl', 'show', '--property=InactiveExitTimestampMonotonic', '--value', 'mysql']);

const growth: Scenario = {
  name: 'db-volumes-grown',
  title: 'The data volumes grow from 20 to 30 GB',
  explanation: 'By changing the size and deploying; the application writes and reads all the time, and mysqld is not restarted.',
  async story(stage) {
    const { lab } = stage;
    const started = await startsOfMysqld(lab);
    for (const size of await fileSystems(lab)) expect(size).toBeLessThan(20);
    const inject = async () => lab.deploy({ app: await editedMain(lab, 'mysql: { volumeGb: 30 },') });
    await stage.inject({ title: '30 GB are deployed', inject, recover: async () => undefined });
    // ext4 keeps some of the 30 GB for itself
    for (const size of await fileSystems(lab)) expect(size).toBeGreaterThan(29);
    expect(await startsOfMysqld(lab)).toEqual(started);
    await stage.healthy();
  },
  checkers: [noAcknowledgedWriteLost, noFailedRequest('get', 'read', 'write', 'patient-write')],
};

/** Linux lets nobody grow a mounted ext4 without it, and a lab cannot give its machines what it has not. */
const CAP_SYS_RESOURCE = 1n << 24n;
const canGrow = (BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`) & CAP_SYS_RESOURCE) !== 0n;

test.skipIf(!canGrow)('data volumes and their file systems grow under load, without a restart of mysqld or a failed request', async () => {
  await judge(await openDeployedLab(), growth);
});

test.skipIf(!canGrow)('a volume that was made larger by hand is used after a boot', async () => {
  const lab = await openDeployedLab();
  await lab.growVolume('db-2', 40);
  expect((await fileSystems(lab))[1]).toBeLessThan(31);
  await lab.reboot('db-2');
  await expect.poll(async () => (await fileSystems(lab))[1], { timeout: 120_000, interval: 2_000 }).toBeGreaterThan(39);
});

test.skipIf(canGrow)('a file system that cannot grow ends the deploy with what the kernel says, and the group goes on', async () => {
  const lab = await openDeployedLab();
  const deploy = lab.deploy({ app: await editedMain(lab, 'mysql: { volumeGb: 21 },') });
  await expect(deploy).rejects.toThrow();
  expect((await said(lab, ['journalctl', '--unit=srv-mysql-grow', '--output=cat', '--no-pager']))[0]).toContain('Permission denied');
  expect(await said(lab, ['systemctl', 'is-active', 'mysql'])).toEqual(['active', 'active', 'active']);
});
