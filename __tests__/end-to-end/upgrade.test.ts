import { afterAll, beforeAll, expect, test } from 'vitest';
import { membersAgree, noAcknowledgedWriteLost, noDoubleExecution, noFailedRequest, primaryMovedAtMost } from '../../lab/checkers';
import { onMachine } from '../../lab/faults';
import type { Lab } from '../../lab/lab';
import { mysqlVersion, offerMysql, publishMysql } from '../../lab/machines/mysql-repository/repository';
import { labPaths } from '../../lab/machines/paths';
import { openDeployedLab, type Scenario } from '../../lab/scenarios';
import { topologyOf } from '../../lab/scenarios/topology';
import { editedMain } from './edited-main';
import { judge } from './judge';

/** Runs inside the client namespace of a lab to which the stack has been deployed: see run.sh. */
let lab: Lab;
let members: readonly string[];

const onEach = (line: string) => Promise.all(members.map((member) => onMachine(lab, member, line)));
const versions = () => onEach("dpkg-query --show --showformat='${Version}' mysql-server");
const started = () => onEach('systemctl show --property ExecMainStartTimestampMonotonic --value mysql');

/** There is one version of MySQL to be had; another one is the same program in packages that call it newer. */
const offer = (version: string) => offerMysql(labPaths(), version);

/** The change that the operator's documentation names, and a deploy. */
const deployRevision = async (packagesRevision: string) =>
  lab.deploy({ app: await editedMain(lab, `mysql: { packagesRevision: '${packagesRevision}' },`) });

beforeAll(async () => {
  lab = await openDeployedLab();
  members = await topologyOf(lab).names('mysql');
});
afterAll(async () => {
  await publishMysql(labPaths(), () => undefined);
});

const upgrade: Scenario = {
  name: 'db-upgraded',
  title: 'A newer release of MySQL is brought to all members by a deploy',
  explanation: 'One member after the other; the PRIMARY hands over first. Requests get slower, none fails.',
  async story(stage) {
    await stage.inject({
      title: 'another packagesRevision is deployed',
      inject: () => deployRevision('newer'),
      recover: async () => undefined,
    });
    await stage.healthy();
  },
  checkers: [
    noAcknowledgedWriteLost,
    noDoubleExecution,
    membersAgree,
    noFailedRequest('probe', 'get', 'write', 'read'),
    primaryMovedAtMost(2),
  ],
  healthySeconds: 400,
};

test('a newer MySQL release of the same series is installed on one member after another, and no request fails', async () => {
  const startedBefore = await started();
  const newer = `${await mysqlVersion(labPaths())}+newer${Math.floor(Date.now() / 1000)}`;
  await offer(newer);
  await judge(lab, upgrade);
  expect(await versions()).toEqual(members.map(() => newer));
  (await started()).forEach((at, index) => expect(Number(at), members[index]).toBeGreaterThan(Number(startedBefore[index])));
});

test('a MySQL release of another series is not installed', async () => {
  const before = await versions();
  const startedBefore = await started();
  await offer('99.0.0-1');
  await deployRevision('another-series');
  expect(await versions()).toEqual(before);
  expect(await started()).toEqual(startedBefore);
});
