import fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, expect, test, vi } from 'vitest';
import { SimulatedGroup } from './simulated-group';
import { GROUP_NAME } from './situations';

type Step = (group: SimulatedGroup) => void;

const index = fc.nat({ max: 2 });
const crashAll = named('crash all', (g) => g.members.forEach((m) => g.crash(m)));

/** Everything that goes on when nothing is wrong: answers arrive, agents decide, engines work. */
const lifeOf = (index: fc.Arbitrary<number>): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.tuple(index, index).map(([a, b]) => named(`poll ${a} ${b}`, (g) => g.poll(g.at(a), g.at(b), false))) },
    { weight: 4, arbitrary: fc.constant(named('poll all', pollAll)) },
    { weight: 8, arbitrary: index.map((a) => named(`tick ${a}`, (g) => g.tick(g.at(a)))) },
    { weight: 4, arbitrary: fc.constant(named('tick all', (g) => g.members.forEach((m) => g.tick(m)))) },
    { weight: 6, arbitrary: index.map((a) => named(`finish ${a}`, (g) => g.finishStart(g.at(a), false))) },
    { weight: 3, arbitrary: index.map((a) => named(`apply ${a}`, (g) => g.apply(g.at(a)))) },
    { weight: 4, arbitrary: index.map((a) => named(`detect ${a}`, (g) => g.detect(g.at(a)))) },
    { weight: 4, arbitrary: index.map((a) => named(`write ${a}`, (g) => g.write(g.at(a), true))) },
    { weight: 2, arbitrary: fc.constant(named('settle a little', (g) => [1, 2, 3].forEach(() => calmRound(g)))) },
  );

const faultsOf = (index: fc.Arbitrary<number>): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 3, arbitrary: index.map((a) => named(`crash ${a}`, (g) => g.crash(g.at(a)))) },
    { weight: 5, arbitrary: index.map((a) => named(`boot ${a}`, (g) => g.boot(g.at(a)))) },
    { weight: 2, arbitrary: index.map((a) => named(`stop ${a}`, (g) => g.stop(g.at(a)))) },
    { weight: 2, arbitrary: index.map((a) => named(`restart agent ${a}`, (g) => g.restartAgent(g.at(a)))) },
    { weight: 3, arbitrary: fc.tuple(index, index).map(([a, b]) => named(`cut ${a} ${b}`, (g) => g.cut(g.at(a), g.at(b)))) },
    { weight: 3, arbitrary: fc.tuple(index, index).map(([a, b]) => named(`heal ${a} ${b}`, (g) => g.heal(g.at(a), g.at(b)))) },
    { weight: 3, arbitrary: index.map((a) => named(`give up ${a}`, (g) => g.giveUp(g.at(a)))) },
    { weight: 3, arbitrary: fc.tuple(index, index).map(([a, b]) => named(`slow poll ${a} ${b}`, (g) => g.poll(g.at(a), g.at(b), true))) },
    { weight: 2, arbitrary: index.map((a) => named(`deliver ${a}`, (g) => g.deliver(g.at(a)))) },
    { weight: 1, arbitrary: index.map((a) => named(`glitch ${a}`, (g) => g.finishStart(g.at(a), true))) },
    { weight: 2, arbitrary: index.map((a) => named(`freeze ${a}`, (g) => g.freeze(g.at(a)))) },
    { weight: 3, arbitrary: index.map((a) => named(`wake ${a}`, (g) => g.wake(g.at(a)))) },
    { weight: 2, arbitrary: fc.tuple(index, index).map(([a, b]) => named(`switchover ${a} ${b}`, (g) => g.switchover(g.at(a), g.at(b)))) },
  );

const life = lifeOf(index);
const faults = faultsOf(index);

const disasters: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(index, fc.boolean()).map(([a, keep]) => named(`crash and wipe ${a} ${keep}`, (g) => (g.crash(g.at(a)), g.wipe(g.at(a), keep)))),
  fc.constant(crashAll),
);

const strayWrites: fc.Arbitrary<Step> = fc.oneof(
  index.map((a) => named(`write straight ${a}`, (g) => g.write(g.at(a), false))),
  index.map((a) => named(`write alone ${a}`, (g) => g.writeAlone(g.at(a)))),
);

function named(name: string, step: Step): Step {
  return Object.assign(step, { toString: () => name, [fc.toStringMethod]: () => name });
}

function pollAll(group: SimulatedGroup): void {
  for (const member of group.members) for (const peer of group.members) group.poll(member, peer, false);
}

function calmRound(group: SimulatedGroup): void {
  for (const member of group.members) {
    group.detect(member);
    group.deliver(member);
    for (const peer of group.members) group.poll(member, peer, false);
    group.tick(member);
    group.finishStart(member, false);
    group.apply(member);
  }
}

function formed(): SimulatedGroup {
  const group = new SimulatedGroup(['db-1', 'db-2', 'db-3']);
  group.settle();
  return group;
}

function run(steps: readonly Step[], group = formed()): SimulatedGroup {
  for (const step of steps) step(group);
  group.settle();
  return group;
}

/** `make test-all` draws 2,000 histories. For a longer search: MODEL_RUNS=20000 npx vitest run ... */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 120);
const TIMEOUT_MS = 60_000 + RUNS * 300;

vi.setConfig({ testTimeout: TIMEOUT_MS });
// Each history in a turn of its own: the runner gives a worker up that has been silent for a minute
fc.configureGlobal({ asyncBeforeEach: () => nextTurn() });
afterAll(() => fc.resetConfigureGlobal());

test('three new members become one group by themselves', () => {
  const group = formed();
  expect(group.isHealthy, group.describe()).toBe(true);
  expect(group.bootstraps).toEqual([{ incarnation: 1, groupName: GROUP_NAME, by: 'db-1' }]);
});

test('whatever crashes, is cut off or answers late: all come back to one group, and no acknowledged write is lost', async () => {
  const steps = fc.array(
    fc.oneof({ weight: 4, arbitrary: life }, { weight: 2, arbitrary: faults }, { weight: 1, arbitrary: fc.constant(crashAll) }),
    { maxLength: 120, size: 'max' },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const group = run(list);
      if (!group.isHealthy) throw new Error(group.describe());
    }),
    { numRuns: RUNS },
  );
});

test('a PRIMARY that was frozen and asks the others on waking never claims the role beside another', async () => {
  const restarts = index.map((a) => named(`restart agent ${a}`, (g) => g.restartAgent(g.at(a))));
  const steps = fc.array(fc.oneof({ weight: 8, arbitrary: life }, { weight: 1, arbitrary: restarts }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(steps, steps, async (before, meanwhile) => {
      const group = formed();
      for (const step of before) step(group);
      const former = group.members.find(({ writableByHealth }) => writableByHealth) ?? group.at(0);
      group.freeze(former);
      for (const step of meanwhile) step(group);
      group.wake(former);
      pollAll(group);
      group.members.forEach((member) => group.tick(member));
      const claiming = group.members.filter(({ writableByHealth }) => writableByHealth);
      if (claiming.length > 1) throw new Error(`${claiming.map(({ name }) => name).join(' and ')} claim the role`);
      group.settle();
      if (!group.isHealthy) throw new Error(group.describe());
    }),
    { numRuns: RUNS },
  );
});

test('faults during the first formation leave one group, founded at most once an incarnation', async () => {
  const steps = fc.array(fc.oneof({ weight: 3, arbitrary: life }, { weight: 1, arbitrary: faults }), { maxLength: 120, size: 'max' });
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const group = run(list, new SimulatedGroup(['db-1', 'db-2', 'db-3']));
      if (!group.isHealthy) throw new Error(group.describe());
    }),
    { numRuns: RUNS },
  );
});

test('lost disks and writes past the router never end in a lost acknowledged write without an operator', async () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 8, arbitrary: life },
      { weight: 3, arbitrary: faults },
      { weight: 1, arbitrary: disasters },
      { weight: 1, arbitrary: strayWrites },
    ),
    { maxLength: 120, size: 'max' },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const group = run(list);
      if (!group.isHealthy && !((group.wiped || group.strayWrites) && group.waitsForOperator)) throw new Error(group.describe());
    }),
    { numRuns: RUNS },
  );
});

test('operators who found a group on any members, one after another or at once, leave one group that agrees, and nothing is dropped in silence', async () => {
  const told = fc.subarray([0, 1, 2], { minLength: 1 });
  const operators = told.map((those) => named(`operators found on ${those.join()}`, (g) => g.operatorsFound(those.map((n) => g.at(n)))));
  const outage = fc.tuple(index, fc.array(life, { maxLength: 5 })).map(([away, between]) =>
    named(`outage without ${away}, ${between.join('; ')}`, (g) => {
      crashAll(g);
      g.members.forEach((member, n) => n !== away && g.boot(member));
      between.forEach((step) => step(g));
      [1, 2, 3].forEach(() => calmRound(g));
    }),
  );
  const steps = fc.array(
    fc.oneof(
      { weight: 8, arbitrary: life },
      { weight: 2, arbitrary: faults },
      { weight: 2, arbitrary: outage },
      { weight: 3, arbitrary: operators },
    ),
    { maxLength: 80, size: 'max' },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const group = run(list);
      if (!(group.isHealthy || group.waitsForOperator) || !group.isAllKept) throw new Error(group.describe());
    }),
    { numRuns: RUNS },
  );
});

test('of a member that somebody writes to alone, again and again, every transaction lies in a dump, though MySQL names them alike', () => {
  const group = formed();
  const member = group.at(2);
  for (const written of [1, 2, 3]) {
    group.crash(member);
    for (let round = 0; round < 5; round += 1) calmRound(group);
    group.boot(member);
    group.writeAlone(member);
    group.settle();
    expect(group.isHealthy, group.describe()).toBe(true);
    expect(member.setAside.size).toBe(written);
  }
});

test('one lost disk beside a group that lives is replaced by a copy, without an operator', async () => {
  await fc.assert(
    fc.asyncProperty(index, fc.boolean(), fc.array(life, { maxLength: 40 }), async (lost, keepMemory, list) => {
      const group = formed();
      group.members.forEach((member) => group.write(member, true));
      group.crash(group.at(lost));
      for (let round = 0; round < 5; round += 1) calmRound(group);
      group.wipe(group.at(lost), keepMemory);
      expect(run(list, group).isHealthy, group.describe()).toBe(true);
    }),
    { numRuns: RUNS },
  );
});

const FIVE = ['db-1', 'db-2', 'db-3', 'db-4', 'db-5'];
const THREE = FIVE.slice(0, 3);

/** What a deploy does on one host after another, with whatever happens before, between and behind. */
function deployed(changes: readonly Step[]): fc.Arbitrary<readonly Step[]> {
  const anyOfFive = fc.nat({ max: 4 });
  const between = fc.array(fc.oneof({ weight: 4, arbitrary: lifeOf(anyOfFive) }, { weight: 1, arbitrary: faultsOf(anyOfFive) }), {
    maxLength: 25,
    size: 'max',
  });
  return fc.tuple(...changes.map(() => between), between).map((parts) => parts.flatMap((part, n) => [...part, ...changes.slice(n, n + 1)]));
}

function configured(names: readonly string[]): Step[] {
  return FIVE.map((name, n) => named(`configure ${name} for ${names.length}`, (g) => (g.configure(g.at(n), names), g.boot(g.at(n)))));
}

/** A group of three, beside two machines that are not there yet. */
function threeOfFive(): SimulatedGroup {
  const group = new SimulatedGroup(FIVE);
  for (const member of group.members) {
    if (THREE.includes(member.name)) group.configure(member, THREE);
    else group.crash(member);
  }
  for (let round = 0; round < 20; round += 1) calmRound(group);
  return group;
}

test('three members become five while members crash, are cut off and write, and nothing acknowledged is lost', async () => {
  await fc.assert(
    fc.asyncProperty(deployed(configured(FIVE)), async (steps) => {
      const group = threeOfFive();
      if (!run(steps, group).isHealthy) throw new Error(group.describe());
    }),
    { numRuns: RUNS },
  );
});

test('two new joiners that end in a group of their own, for one of the three is stopped and another crashes, leave it again', () => {
  const group = threeOfFive();
  group.stop(group.at(0));
  group.crash(group.at(1));
  configured(FIVE)
    .slice(0, 4)
    .forEach((configure) => configure(group));
  pollAll(group);
  group.members.forEach((member) => group.tick(member));
  group.finishStart(group.at(0), true);
  configured(FIVE)
    .slice(4)
    .forEach((configure) => configure(group));
  group.settle();
  expect(group.isHealthy, group.describe()).toBe(true);
});

test('a group of three that shall become five still writes after the loss of one of the three', () => {
  const group = threeOfFive();
  for (const name of THREE) group.configure(group.at(FIVE.indexOf(name)), FIVE);
  for (let round = 0; round < 5; round += 1) calmRound(group);
  group.crash(group.at(0));
  for (let round = 0; round < 5; round += 1) calmRound(group);
  expect(group.members.filter(({ writableByHealth }) => writableByHealth).map(({ name }) => name)).toEqual(['db-2']);
});

test('five members become three: those that are not configured any more leave, or a person is asked, and nothing acknowledged is lost', async () => {
  await fc.assert(
    fc.asyncProperty(deployed(configured(THREE)), async (steps) => {
      const group = new SimulatedGroup(FIVE);
      group.settle();
      if (!run(steps, group).isHealthy && !group.waitsForOperator) throw new Error(group.describe());
    }),
    { numRuns: RUNS },
  );
});

test('two of five whose servers are deleted in one deploy are not missed: the others become a group of three that holds all, without a person', async () => {
  const anyLife = (max: number) => fc.array(lifeOf(fc.nat({ max })), { maxLength: 25 });
  const between = fc.tuple(anyLife(2), anyLife(2), anyLife(2));
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 4 }), anyLife(4), between, async (primary, before, parts) => {
      const group = new SimulatedGroup(FIVE);
      group.settle();
      group.switchover(group.at(0), group.at(primary));
      for (const step of before) step(group);
      for (const deleted of group.members.slice(3)) group.crash(deleted);
      const steps = configured(THREE)
        .slice(0, 3)
        .flatMap((configure, n) => [...(parts[n] ?? []), configure]);
      for (const step of steps) step(group);
      for (let round = 0; round < 60; round += 1) calmRound(group);
      expect(
        group.members.filter(({ state }) => state === 'ONLINE').map(({ name }) => name),
        group.describe(),
      ).toEqual(THREE);
      expect(
        group.members.filter(({ writableByHealth }) => writableByHealth),
        group.describe(),
      ).toHaveLength(1);
      for (const member of group.members.slice(0, 3))
        expect([...member.executed], group.describe()).toEqual(expect.arrayContaining([...group.committed]));
    }),
    { numRuns: RUNS },
  );
});
