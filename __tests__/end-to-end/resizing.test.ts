import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import {
  addressMovedAtMost,
  membersAgree,
  noAcknowledgedWriteLost,
  noDoubleExecution,
  noFailedRequest,
  ofStream,
  primaryMovedAtMost,
  type Checker,
} from '../../lab/checkers';
import { onMachine } from '../../lab/faults';
import { TIERS, type Lab, type Tier } from '../../lab/lab';
import { openDeployedLab, type Scenario } from '../../lab/scenarios';
import { editedMain } from './edited-main';
import { expectEmptyPlan } from './expect-empty-plan';
import { judge } from './judge';

/** Runs inside the client namespace of a lab to which the stack has been deployed: see run.sh. */
let lab: Lab;
beforeAll(async () => {
  lab = await openDeployedLab();
});

const SETTINGS: Readonly<Record<Tier, string>> = { lb: 'loadBalancers', web: 'web', app: 'app', mysql: 'mysql' };
const TYPE = 'cx33';
const larger = (tiers: readonly Tier[]) => tiers.map((tier) => `${SETTINGS[tier]}: { serverType: '${TYPE}' },`).join(' ');

/** As an operator does, with settings that no deploy has seen. */
async function resize(settings: string, words: readonly string[], hear: (line: string) => void = console.log): Promise<string> {
  const app = await editedMain(lab, settings);
  const running = execa('npx', ['platform', 'resize', '--app', app, ...words], { all: true, timeout: 1_200_000 });
  for await (const line of running.iterable({ from: 'all' })) hear(String(line));
  return (await running).all;
}

const typesOf = async (tier: Tier) => (await lab.machines()).filter((each) => each.tier === tier).map(({ serverType }) => serverType);
const bufferPools = async () =>
  Promise.all(
    (await lab.machines())
      .filter(({ tier }) => tier === 'mysql')
      .map(({ name }) => onMachine(lab, name, "mysql --skip-column-names --execute='SELECT @@innodb_buffer_pool_size DIV 1048576'", 60)),
  );

/** Connections end with the load balancer that has them, so a client that tries once may fail there; one that tries again does not. */
const RETRIES_SUCCEED: readonly Checker[] = [noAcknowledgedWriteLost, noDoubleExecution, membersAgree, noFailedRequest('write', 'read')];
const NOBODY_NOTICES: readonly Checker[] = [...RETRIES_SUCCEED, noFailedRequest('probe', 'get'), addressMovedAtMost(0)];
const CHECKERS: Readonly<Record<Tier, readonly Checker[]>> = {
  lb: [...RETRIES_SUCCEED, addressMovedAtMost(1)],
  web: NOBODY_NOTICES,
  app: NOBODY_NOTICES,
  mysql: [...NOBODY_NOTICES, primaryMovedAtMost(1)],
};

const resized = (tier: Tier): Scenario => ({
  name: `${tier}-resized`,
  title: 'All servers of a tier get another server type',
  explanation: 'By npx platform resize, one after another; each makes way first, and the one with the role goes last.',
  rate: 0.6,
  async story(stage) {
    await stage.inject({
      title: `${tier}: npx platform resize`,
      inject: async () => {
        await resize(larger(TIERS), [tier, '--yes'], (line) => stage.mark('note', line));
      },
      recover: async () => undefined,
    });
    await stage.healthy();
  },
  checkers: CHECKERS[tier],
  healthySeconds: 300,
});

test('a deploy with another server type is refused, and names the command', async () => {
  const app = await editedMain(lab, larger(TIERS));
  await expect(lab.deploy({ app })).rejects.toThrow();
  expect(new Set((await Promise.all(TIERS.map(typesOf))).flat())).toEqual(new Set(['cx23']));
  const said = await resize(larger(TIERS), ['--dry-run']);
  expect(said).toMatch(/^web-1: cx23 becomes cx33, \d+\.\d\d then \d+\.\d\d EUR a month net$/m);
});

test.each(TIERS)('all servers of tier %s are resized under load, and users only wait', async (tier) => {
  const run = await judge(lab, resized(tier));
  const posts = ofStream(run.operations, 'write');
  console.log(`${tier}: ${posts.length} POSTs, ${posts.filter(({ outcome }) => outcome === 'acknowledged').length} acknowledged`);
  expect(posts.length).toBeGreaterThan(100);
  expect(new Set(await typesOf(tier))).toEqual(new Set([TYPE]));
});

test('members take more of a larger memory without another restart, and a deploy changes nothing', async () => {
  expect(new Set(await bufferPools())).toEqual(new Set(['4864']));
  const started = () => onMachine(lab, 'db-1', 'systemctl show --property ExecMainStartTimestampMonotonic --value mysql', 60);
  const before = await started();
  await lab.deploy({ app: await editedMain(lab, larger(TIERS)) });
  await expectEmptyPlan(lab);
  expect(await started()).toBe(before);
});

test('the way back is open, because disks have not grown', async () => {
  await resize('', ['--yes']);
  expect(new Set((await Promise.all(TIERS.map(typesOf))).flat())).toEqual(new Set(['cx23']));
  expect(new Set(await bufferPools())).toEqual(new Set(['2048']));
  await lab.deploy();
  await expectEmptyPlan(lab);
});
