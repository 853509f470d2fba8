import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SimulatedWorld, type ApiManners, type ApiMode, type Fault } from './simulated-world';

const NAT_GATEWAY = '10.0.1.10';
const [FIRST, SECOND] = [101, 102];

const between = (min: number, max: number) => fc.integer({ min, max });
/** Nobody publishes Hetzner's times, so each of these has to do. */
const manners: fc.Arbitrary<ApiManners> = fc.record({
  actionMs: fc.oneof(between(200, 20_000), fc.constantFrom(1_000, 5_000, 10_000, 20_000)),
  answerMs: fc.oneof(fc.constant([40, 40] as const), fc.constant([1_500, 2_000] as const), fc.tuple(between(0, 300), between(300, 2_000))),
  aliasHeldMs: fc.oneof(fc.constant(0), between(0, 30_000)),
  unassignFirst: fc.boolean(),
  locks: fc.boolean(),
});

/** Each ends with the other load balancer as MASTER. How long until that is known, in milliseconds, for good measure. */
const DETECTION = { 'power-off': 1_200, 'haproxy-dies': 2_500, 'keepalived-stops': 400, switchover: 400, 'public-cut': 7_000 } as const;
type Single = keyof typeof DETECTION;
const single = fc.constantFrom(...(Object.keys(DETECTION) as Single[]));

async function started(apiManners: ApiManners): Promise<SimulatedWorld> {
  const world = new SimulatedWorld(apiManners);
  await world.run(15_000 + 3 * apiManners.actionMs);
  expect(world.holder).toBe(FIRST);
  expect(world.aliases.get(FIRST)).toEqual([NAT_GATEWAY]);
  return world;
}

function story(world: SimulatedWorld): string {
  const lines = world.hosts.flatMap(({ log, index }) =>
    log.map((line): { at?: number } => ({ ...line, by: `lb-${index + 1}` }) as { at?: number }),
  );
  return lines
    .sort((one, other) => (one.at ?? 0) - (other.at ?? 0))
    .map((line) => JSON.stringify(line))
    .join('\n');
}

const aliasIsAt = (world: SimulatedWorld, server: number) => world.aliases.get(server)?.includes(NAT_GATEWAY) ?? false;

/**
 * Milliseconds from now until each address is at the server, Infinity if it is not within the limit. Each has its own time: with a floating IP
 * that has to be unassigned first, the alias is there before it.
 */
async function arrivals(world: SimulatedWorld, server: number, limit: number): Promise<{ floatingIp: number; alias: number }> {
  const begin = world.time;
  let [floatingIp, alias] = [Infinity, Infinity];
  while (Math.max(floatingIp, alias) === Infinity && world.time - begin < limit) {
    await world.run(25);
    if (world.holder === server) floatingIp = Math.min(floatingIp, world.time - begin);
    if (aliasIsAt(world, server)) alias = Math.min(alias, world.time - begin);
  }
  return { floatingIp, alias };
}

/**
 * Until an agent knows that an action has ended: it asks a second after the answer before, which may have left the API just before the end. So
 * there are half an answer's time until that is here, the second, and a whole answer; the other half is for good measure.
 */
const noticed = ({ answerMs }: ApiManners) => 1_100 + 2 * answerMs[1];

function floatingIpWithin(detection: number, api: ApiManners): number {
  const answer = api.answerMs[1];
  // Refused, looked up, unassigned
  const unassigning = api.unassignFirst ? 3 * answer + api.actionMs + noticed(api) : 0;
  return detection + unassigning + answer + api.actionMs + 100;
}

function aliasWithin(fault: Single, api: ApiManners): number {
  const answer = api.answerMs[1];
  // Refused until then; the last refusal, a look at both servers, and the longest pause between two attempts
  const held = fault === 'power-off' && api.aliasHeldMs > 0 ? api.aliasHeldMs + 4_000 + 4 * answer : DETECTION[fault];
  const taken = answer + api.actionMs + noticed(api);
  return held + taken + answer + api.actionMs + 100;
}

const SLOW_AND_UNASSIGNING: ApiManners = { actionMs: 5_000, answerMs: [1_500, 2_000], aliasHeldMs: 0, unassignFirst: true, locks: false };
/** Counterexamples that random runs have found: the alias arrives before the floating IP. */
const FOUND: [ApiManners, Single, number][] = [
  [SLOW_AND_UNASSIGNING, 'power-off', 0],
  [SLOW_AND_UNASSIGNING, 'keepalived-stops', 0],
];

describe('an API that takes its time, or has its own mind', () => {
  test.each<Partial<ApiManners>>([{}, { answerMs: [1_500, 2_000] }, { unassignFirst: true }, { aliasHeldMs: 30_000 }, { locks: true }])(
    '%j: the active one loses power, and both addresses arrive once, in detection + L',
    { timeout: 60_000 },
    async (given) => {
      for (const actionMs of [1_000, 5_000, 10_000, 20_000]) {
        const api: ApiManners = { answerMs: [40, 40], aliasHeldMs: 0, unassignFirst: false, locks: false, ...given, actionMs };
        const world = await started(api);
        world.inject({ kind: 'power-off', host: 0 });
        const { floatingIp, alias } = await arrivals(world, SECOND, 150_000);
        expect(floatingIp, `floating IP, ${actionMs}\n${story(world)}`).toBeLessThanOrEqual(floatingIpWithin(DETECTION['power-off'], api));
        expect(alias, `alias, ${actionMs}\n${story(world)}`).toBeLessThanOrEqual(aliasWithin('power-off', api));
        await world.run(60_000);
        expect(world.moves, story(world)).toHaveLength(2);
      }
    },
  );

  test('one fault moves both addresses once, in detection + L, and nobody pulls them back', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(manners, single, between(0, 12_000), async (api, fault, phase) => {
        const world = await started(api);
        await world.run(phase);
        world.inject({ kind: fault, host: 0 });
        const { floatingIp, alias } = await arrivals(world, SECOND, 150_000);
        expect(floatingIp, `floating IP\n${story(world)}`).toBeLessThanOrEqual(floatingIpWithin(DETECTION[fault], api));
        expect(alias, `alias\n${story(world)}`).toBeLessThanOrEqual(aliasWithin(fault, api));
        await world.run(20_000);
        world.heal();
        await world.run(60_000 + 2 * api.actionMs);
        expect(
          world.moves.map(({ to }) => to),
          story(world),
        ).toEqual([FIRST, SECOND]);
        expect(world.holder).toBe(SECOND);
        expect(world.aliases.get(SECOND), story(world)).toEqual([NAT_GATEWAY]);
        expect(world.violations).toEqual([]);
      }),
      { numRuns: 60, examples: FOUND },
    );
  });

  test('while an action of its own runs, no agent asks for another (attempt: action)', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(manners, single, async (api, fault) => {
        const world = await started(api);
        const before = world.requests.length;
        world.inject({ kind: fault, host: 0 });
        await arrivals(world, SECOND, 150_000);
        const kinds = world.requests
          .slice(before)
          .map(({ call }) => call.kind)
          .filter((kind) => kind.endsWith('assign-floating-ip'));
        expect(kinds, story(world)).toEqual(
          api.unassignFirst ? ['assign-floating-ip', 'unassign-floating-ip', 'assign-floating-ip'] : ['assign-floating-ip'],
        );
      }),
      { numRuns: 40 },
    );
  });

  const agentsDie = fc.array(fc.record({ host: fc.constantFrom<0 | 1>(0, 1), pauseMs: between(25, 15_000) }), {
    minLength: 1,
    maxLength: 4,
  });
  const failures = fc.array(
    fc.record({ mode: fc.constantFrom<ApiMode>('503', '429', 'hangs', 'action-fails', 'token-revoked'), pauseMs: between(25, 15_000) }),
    { minLength: 0, maxLength: 2 },
  );

  test('agents that die on the way and an API that fails now and then cost time, and no second move', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        manners,
        fc.constantFrom<'power-off' | 'keepalived-stops'>('power-off', 'keepalived-stops'),
        agentsDie,
        failures,
        async (api, fault, deaths, breaks) => {
          const world = await started(api);
          world.inject({ kind: fault, host: 0 });
          for (let n = 0; n < Math.max(deaths.length, breaks.length); n += 1) {
            const [death, breakage] = [deaths[n], breaks[n]];
            if (breakage) world.inject({ kind: 'api', mode: breakage.mode });
            await world.run(breakage?.pauseMs ?? 0);
            world.inject({ kind: 'api', mode: 'works' });
            await world.run(death?.pauseMs ?? 0);
            if (death && world.hosts[death.host].powered) world.inject({ kind: 'agent-dies', host: death.host });
          }
          await world.run(120_000 + 4 * api.actionMs);
          expect(world.holder, story(world)).toBe(SECOND);
          expect(world.aliases.get(SECOND), story(world)).toEqual([NAT_GATEWAY]);
          expect(world.moves, story(world)).toHaveLength(2);
          expect(world.violations).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  const anyFault: fc.Arbitrary<Fault> = fc.oneof(
    fc.record({
      kind: fc.constantFrom(
        'power-off' as const,
        'haproxy-dies' as const,
        'keepalived-stops' as const,
        'agent-dies' as const,
        'public-cut' as const,
        'switchover' as const,
        'private-cut' as const,
        'private-one-way' as const,
      ),
      host: fc.constantFrom<0 | 1>(0, 1),
    }),
    fc.record({
      kind: fc.constant('api' as const),
      mode: fc.constantFrom<ApiMode>('works', '503', '429', 'hangs', 'action-fails', 'token-revoked'),
    }),
  );
  const anything = fc.array(
    fc.record({
      event: fc.option(anyFault, { nil: 'heal' as const, freq: 4 }),
      pauseMs: fc.oneof(between(25, 3_000), between(25, 25_000)),
    }),
    { minLength: 1, maxLength: 8 },
  );

  test(
    'whatever has happened: once all is healed both addresses arrive where the one MASTER is, and stay there',
    { timeout: 180_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(manners, anything, async (api, steps) => {
          const world = await started(api);
          for (const { event, pauseMs } of steps) {
            if (event === 'heal') world.heal();
            else world.inject(event);
            await world.run(pauseMs);
          }
          world.heal();
          await world.run(60_000 + 6 * api.actionMs);
          const moves = world.moves.length;
          const writes = () =>
            world.requests.filter(({ call }) => ['assign-floating-ip', 'unassign-floating-ip', 'set-aliases'].includes(call.kind)).length;
          const before = writes();
          await world.run(60_000);
          const masters = world.hosts.filter(({ master }) => master);
          expect(masters, story(world)).toHaveLength(1);
          expect(world.holder, story(world)).toBe(masters[0]?.serverId);
          expect(world.aliases.get(masters[0]?.serverId ?? 0), story(world)).toEqual([NAT_GATEWAY]);
          expect(world.moves.length - moves, story(world)).toBe(0);
          expect(writes() - before, story(world)).toBe(0);
        }),
        { numRuns: 60 },
      );
    },
  );
});
