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

test('three members become five and three again under load, without a failed request or a lost write', async () => {
  await judge(await openDeployedLab(), scaling);
});
