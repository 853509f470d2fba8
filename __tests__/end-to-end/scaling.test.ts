import { expect, test } from 'vitest';
import { noAcknowledgedWriteLost, noDoubleExecution, noFailedRequest, membersAgree } from '../../lab/checkers';
import { openDeployedLab, type Scenario } from '../../lab/scenarios';
import type { Stage } from '../../lab/scenarios/stage';
import { editedMain } from './edited-main';
import { judge } from './judge';

/** A change of settings and its deploy. */
async function deployed(stage: Stage, title: string, settings = ''): Promise<void> {
  const deploy = async () => stage.lab.deploy({ app: await editedMain(stage.lab, settings) });
  await stage.inject({ title, inject: deploy, recover: async () => undefined });
}

const scaling: Scenario = {
  name: 'db-scaled',
  title: 'Three members become five, and three again',
  explanation: 'By changing the number and deploying, twice for the way back; the application writes and reads all the time.',
  async story(stage) {
    await deployed(stage, 'five members are deployed', 'mysql: { memberCount: 5 },');
    await stage.healthy();
    expect(await stage.topology.names('mysql')).toHaveLength(5);
    await deployed(stage, 'two of five leave the group', 'mysql: { memberCount: 5, leavingCount: 2 },');
    await stage.writing();
    await deployed(stage, 'their servers are deleted');
    await stage.healthy();
    expect(await stage.topology.names('mysql')).toHaveLength(3);
  },
  checkers: [noAcknowledgedWriteLost, noDoubleExecution, membersAgree, noFailedRequest('get', 'write', 'read')],
  healthySeconds: 400,
};

const five = 'web: { serverCount: 5 }, app: { serverCount: 5 },';

const servers: Scenario = {
  name: 'servers-scaled',
  title: 'Two web and two app servers become five each, and two again',
  explanation: 'By changing the numbers and deploying, once for each way; visitors read and write all the time.',
  async story(stage) {
    await deployed(stage, 'five web and five app servers are deployed', five);
    await stage.healthy();
    for (const host of ['lb-1', 'lb-2', 'web-1', 'web-2'])
      expect(
        (await stage.lab.exec(host, ['systemctl', 'show', '--property=NRestarts', '--value', 'silent-peers'])).stdout.trim(),
        host,
      ).toBe('0');
    await deployed(stage, 'three of each are taken out');
    await stage.healthy();
    expect([await stage.topology.names('web'), await stage.topology.names('app')]).toEqual([
      ['web-1', 'web-2'],
      ['app-1', 'app-2'],
    ]);
  },
  // A patient write is a single POST: nobody sends it again
  checkers: [noAcknowledgedWriteLost, noDoubleExecution, noFailedRequest('probe', 'keep-alive', 'get', 'read', 'write', 'patient-write')],
  healthySeconds: 300,
};

test('two web and two app servers become five and two again under load, without a failed request', async () => {
  await judge(await openDeployedLab(), servers);
});

test('three members become five and three again under load, without a failed request or a lost write', async () => {
  await judge(await openDeployedLab(), scaling);
});
