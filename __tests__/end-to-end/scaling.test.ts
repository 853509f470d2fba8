import { expect, test } from 'vitest';
import { noAcknowledgedWriteLost, noDoubleExecution, noFailedRequest, membersAgree } from '../../lab/checkers';
import { openHandle, runScenario, WATCHED, type Scenario } from '../../lab/scenarios';
import type { Stage } from '../../lab/scenarios/stage';

const app = (name: string) => `tsx __tests__/end-to-end/scaling/${name}.ts`;

/** A change of settings and its deploy. */
async function deployed(stage: Stage, title: string, name?: string): Promise<void> {
  const change = { title, inject: () => stage.lab.deploy(name === undefined ? {} : { app: app(name) }), recover: async () => undefined };
  await stage.inject(change);
}

const scaling: Scenario = {
  name: 'db-scaled',
  title: 'Three members become five, and three again',
  explanation: 'By changing the number and deploying, twice for the way back; the application writes and reads all the time.',
  async story(stage) {
    await deployed(stage, 'five members are deployed', 'five-members');
    await stage.healthy();
    expect(await stage.topology.names('mysql')).toHaveLength(5);
    await deployed(stage, 'two of five leave the group', 'two-leave');
    await stage.writing();
    await deployed(stage, 'their servers are deleted');
    await stage.healthy();
    expect(await stage.topology.names('mysql')).toHaveLength(3);
  },
  checkers: [noAcknowledgedWriteLost, noDoubleExecution, membersAgree, noFailedRequest('get', 'write', 'read')],
  healthySeconds: 400,
};

test('three members become five and three again under load, without a failed request or a lost write', async () => {
  const run = await runScenario(scaling, { lab: await openHandle(), seed: 'end-to-end', run: 1, log: (line) => console.log(line) });
  expect(run.verdict.findings.filter(({ checker }) => checker !== WATCHED.name)).toEqual([]);
});
