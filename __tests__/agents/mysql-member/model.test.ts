import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { SimulatedGroup } from './simulated-group';

type Step = (group: SimulatedGroup) => void;

const index = fc.nat({ max: 2 });

/** Everything that goes on when nothing is wrong: answers arrive, agents decide, engines work. */
const life: fc.Arbitrary<Step> = fc.oneof(
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

const faults: fc.Arbitrary<Step> = fc.oneof(
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
  { weight: 2, arbitrary: fc.tuple(index, index).map(([a, b]) => named(`switchover ${a} ${b}`, (g) => g.switchover(g.at(a), g.at(b)))) },
);

const disasters: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(index, fc.boolean()).map(([a, keep]) => named(`crash and wipe ${a} ${keep}`, (g) => (g.crash(g.at(a)), g.wipe(g.at(a), keep)))),
  fc.constant(named('crash all', (g) => g.members.forEach((m) => g.crash(m)))),
);

const strayWrites: fc.Arbitrary<Step> = index.map((a) => named(`write straight ${a}`, (g) => g.write(g.at(a), false)));

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

/** More for a longer search: MODEL_RUNS=20000 npx vitest run ... */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 300);
const TIMEOUT_MS = 10_000 + RUNS * 100;

vi.setConfig({ testTimeout: TIMEOUT_MS });

test('three new members become one group by themselves', () => {
  const group = formed();
  expect(group.isHealthy, group.describe()).toBe(true);
  expect(group.bootstraps).toEqual([{ incarnation: 1, by: 'db-1' }]);
});

test('whatever crashes, is cut off or answers late: all come back to one group, and no acknowledged write is lost', () => {
  const steps = fc.array(fc.oneof({ weight: 4, arbitrary: life }, { weight: 2, arbitrary: faults }, { weight: 1, arbitrary: fc.constant(named('crash all', (g) => g.members.forEach((m) => g.crash(m)))) }), { maxLength: 120, size: 'max' });
  fc.assert(
    fc.property(steps, (list) => {
      const group = run(list);
      if (!group.isHealthy) throw new Error(group.describe());
    }),
    { numRuns: RUNS },
  );
});

test('faults during the first formation leave one group, founded at most once an incarnation', () => {
  const steps = fc.array(fc.oneof({ weight: 3, arbitrary: life }, { weight: 1, arbitrary: faults }), { maxLength: 120, size: 'max' });
  fc.assert(
    fc.property(steps, (list) => {
      const group = run(list, new SimulatedGroup(['db-1', 'db-2', 'db-3']));
      if (!group.isHealthy) throw new Error(group.describe());
    }),
    { numRuns: RUNS },
  );
});

test('lost disks and writes past the router never end in a lost acknowledged write without an operator', () => {
  const steps = fc.array(
    fc.oneof({ weight: 8, arbitrary: life }, { weight: 3, arbitrary: faults }, { weight: 1, arbitrary: disasters }, { weight: 1, arbitrary: strayWrites }),
    { maxLength: 120, size: 'max' },
  );
  fc.assert(
    fc.property(steps, (list) => {
      const group = run(list);
      if (!group.isHealthy && !((group.wiped || group.strayWrites) && group.waitsForOperator)) throw new Error(group.describe());
    }),
    { numRuns: RUNS },
  );
});

test('one lost disk beside a group that lives is replaced by a copy, without an operator', () => {
  fc.assert(
    fc.property(index, fc.boolean(), fc.array(life, { maxLength: 40 }), (lost, keepMemory, list) => {
      const group = formed();
      group.members.forEach((member) => group.write(member, true));
      group.crash(group.at(lost));
      for (let round = 0; round < 5; round += 1) calmRound(group);
      group.wipe(group.at(lost), keepMemory);
      expect(run(list, group).isHealthy, group.describe()).toBe(true);
    }),
    { numRuns: 200 },
  );
});
