import { describe, expect, test } from 'vitest';
import { decide, judgePeer, type Policy } from '../../../agents/floating-ip/decide';
import { initialState, type AgentState, type PeerReport } from '../../../agents/floating-ip/state';

const NOW = 100_000;
const SELF = 101;
const PEER = 102;
const policy: Policy = { serverId: SELF, peerServerId: PEER, natGateway: '10.0.1.10', holdMs: 3_000 };

const ANSWERS = { answeredAt: NOW - 50, failuresInRow: 0, failingSince: null };
const SILENT = { answeredAt: NOW - 1_200, failuresInRow: 3, failingSince: NOW - 700 };
const report = (change: Partial<PeerReport> = {}): PeerReport => ({
  vrrp: 'BACKUP',
  serving: true,
  holder: null,
  aliases: { self: null, peer: null },
  reachesUs: true,
  reachesApi: true,
  sinceLastMoveMs: null,
  moving: false,
  ...change,
});

/** A MASTER for 200 ms; the peer has the floating IP and the alias, answers on both sides, and is BACKUP. */
function state(change: Partial<AgentState> = {}): AgentState {
  return {
    ...initialState(0),
    vrrp: { state: 'MASTER', since: NOW - 200 },
    ownHaproxy: ANSWERS,
    peerPublic: ANSWERS,
    peerPrivate: { ...ANSWERS, report: report() },
    holder: { value: PEER, at: NOW - 100 },
    aliases: { self: { value: [], at: NOW - 100 }, peer: { value: ['10.0.1.10'], at: NOW - 100 } },
    askedAt: { 'read-floating-ip': NOW - 100, 'read-aliases-self': NOW - 100, 'read-aliases-peer': NOW - 100 },
    ...change,
  };
}

const TAKE = [{ kind: 'assign-floating-ip' }, { kind: 'set-aliases', of: 'peer', aliases: [] }];

describe('a MASTER that does not hold the address', () => {
  test('takes it, and the alias off the other, when the holder says that it is not MASTER', () => {
    expect(decide(state(), policy, NOW)).toEqual({ reason: 'holder is not MASTER any more', calls: TAKE, giveUp: null });
  });

  test('takes it when the holder is silent on both sides', () => {
    const dead = state({ peerPublic: SILENT, peerPrivate: { ...SILENT, report: report({ vrrp: 'MASTER' }) } });
    expect(decide(dead, policy, NOW)).toMatchObject({ reason: 'holder is silent on both sides', calls: TAKE });
  });

  test('leaves it when the private side is silent and the public side serves', () => {
    const cut = state({ peerPrivate: { ...SILENT, report: report({ vrrp: 'MASTER' }) } });
    expect(decide(cut, policy, NOW)).toMatchObject({ reason: 'the present holder still serves', calls: [] });
  });

  test('leaves it when the holder is MASTER as well, because adverts are lost one way', () => {
    const oneWay = state({ peerPrivate: { ...ANSWERS, report: report({ vrrp: 'MASTER' }) } });
    expect(decide(oneWay, policy, NOW)).toMatchObject({ reason: 'the present holder still serves', calls: [] });
  });

  test('asks first when it knows only what the holder said before the change of role', () => {
    const early = state({ vrrp: { state: 'MASTER', since: NOW - 20 } });
    expect(decide(early, policy, NOW)).toMatchObject({ reason: 'asking the present holder', calls: [] });
  });

  test('does not believe in one lost answer', () => {
    const once = { answeredAt: NOW - 400, failuresInRow: 1, failingSince: NOW - 100 };
    expect(judgePeer(state({ peerPublic: SILENT, peerPrivate: { ...once, report: report({ vrrp: 'MASTER' }) } }), NOW)).toBe('unknown');
  });

  test.each([
    ['silent', { ...SILENT, answeredAt: NOW - 50 }],
    ['not asked for long', { ...ANSWERS, answeredAt: NOW - 5_000 }],
    ['never asked', { answeredAt: null, failuresInRow: 0, failingSince: null }],
  ])('leaves it while its own HAProxy is %s', (_, ownHaproxy) => {
    expect(decide(state({ ownHaproxy }), policy, NOW)).toMatchObject({ reason: 'own HAProxy does not answer', calls: [] });
  });

  test('waits for the end of the hold time', () => {
    expect(decide(state({ lastMoveAt: NOW - 2_999 }), policy, NOW)).toMatchObject({ reason: 'moved a moment ago', calls: [] });
    expect(decide(state({ lastMoveAt: NOW - 3_000 }), policy, NOW).calls).toEqual(TAKE);
  });

  test('takes an address that nobody has, or that somebody gave to a third server', () => {
    for (const value of [null, 999]) {
      expect(decide(state({ holder: { value, at: NOW - 100 } }), policy, NOW)).toMatchObject({ reason: 'nobody has it', calls: TAKE });
    }
  });

  test.each([
    [1, 500],
    [2, 1_000],
    [3, 1_400],
    [20, 1_400],
  ])('tries again after %d failures when %d ms have passed since the last attempt', (failuresInRow, pause) => {
    const retry = (startedAt: number) =>
      state({
        aliases: { self: undefined, peer: undefined },
        jobs: { ...state().jobs, 'floating-ip': { failuresInRow, startedAt, refusedAt: null, action: null } },
      });
    expect(decide(retry(NOW - pause + 1), policy, NOW).calls).toEqual([]);
    expect(decide(retry(NOW - pause), policy, NOW).calls).toEqual([{ kind: 'assign-floating-ip' }]);
  });
});

describe('a change that the API works on, or has refused', () => {
  const floatingIpJob = (change: object) =>
    state({
      aliases: { self: undefined, peer: undefined },
      jobs: { ...state().jobs, 'floating-ip': { ...state().jobs['floating-ip'], ...change } },
    });
  const ofFloatingIp = (from: AgentState) => decide(from, policy, NOW).calls.filter(({ kind }) => kind.endsWith('floating-ip'));
  const action = (since: number) => ({ id: 7, since, askedAt: NOW, change: { kind: 'assign-floating-ip' as const } });

  test('is not asked for again while its action runs, for a minute', () => {
    expect(ofFloatingIp(floatingIpJob({ action: action(NOW - 60_000) }))).toEqual([]);
    expect(ofFloatingIp(floatingIpJob({ action: action(NOW - 60_001) }))).toEqual([{ kind: 'assign-floating-ip' }]);
  });

  test('is left alone while the other one is moving the address', () => {
    const moving = state({ peerPrivate: { ...ANSWERS, report: report({ moving: true }) } });
    expect(decide(moving, policy, NOW)).toMatchObject({ reason: 'the other one is moving it', calls: [] });
  });

  test('is tried again after a refusal only when the API has said who has the address', () => {
    const refused = floatingIpJob({ refusedAt: NOW - 90, startedAt: NOW - 5_000, failuresInRow: 1 });
    expect(ofFloatingIp(refused)).toEqual([{ kind: 'read-floating-ip' }]);
    expect(
      ofFloatingIp({ ...refused, holder: { value: PEER, at: NOW - 80 }, askedAt: { ...refused.askedAt, 'read-floating-ip': NOW - 80 } }),
    ).toEqual([{ kind: 'assign-floating-ip' }]);
  });

  test('is an unassignment where the API demands one, unless nobody has the address', () => {
    expect(ofFloatingIp({ ...floatingIpJob({}), unassignFirst: true })).toEqual([{ kind: 'unassign-floating-ip' }]);
    expect(ofFloatingIp({ ...floatingIpJob({}), unassignFirst: true, holder: { value: null, at: NOW }, lastMoveAt: NOW })).toEqual([
      { kind: 'assign-floating-ip' },
    ]);
  });

  test.each([
    [40, 1_400],
    [1_500, 3_000],
    [9_000, 5_000],
  ])('that has no answer is asked for once more: where answers take %d ms, after %d ms', (answerMs, patience) => {
    const asking = (since: number) => ({
      ...floatingIpJob({ startedAt: since }),
      api: { ...state().api, answerMs },
      underWay: { 'assign-floating-ip': since },
    });
    expect(ofFloatingIp(asking(NOW - patience + 1))).toEqual([]);
    expect(ofFloatingIp(asking(NOW - patience))).toEqual([{ kind: 'assign-floating-ip' }]);
  });

  test('that has no answer is asked for once more after 2 s while few requests are left', () => {
    const scarce = (since: number) => ({
      ...floatingIpJob({ startedAt: since }),
      api: { ...state().api, budget: { limit: 3_600, remaining: 400 } },
      underWay: { 'assign-floating-ip': since },
    });
    expect(ofFloatingIp(scarce(NOW - 1_999))).toEqual([]);
    expect(ofFloatingIp(scarce(NOW - 2_000))).toEqual([{ kind: 'assign-floating-ip' }]);
  });

  /** since: when the action was accepted. */
  const pollAfter = (
    job: 'floating-ip' | 'alias',
    { since, askedAt, failuresInRow = 0 }: { since: number; askedAt: number; failuresInRow?: number },
    at: number,
  ) => {
    const jobs = {
      ...state().jobs,
      [job]: { ...state().jobs[job], failuresInRow, startedAt: since, action: { ...action(since), askedAt } },
    };
    return decide(state({ jobs }), policy, at).calls.some((call) => call.kind === 'read-action' && call.job === job);
  };

  test.each([
    ['half a second while it is a short one', 'floating-ip', 500, { since: NOW, askedAt: NOW }],
    ['a second once it has lasted for 2 s', 'floating-ip', 1_000, { since: NOW - 2_000, askedAt: NOW }],
    [
      '1.2 s when the one before has failed, because the next is not tried before',
      'floating-ip',
      1_200,
      { since: NOW, askedAt: NOW, failuresInRow: 1 },
    ],
    ['a second if it is the one of the alias', 'alias', 1_000, { since: NOW, askedAt: NOW }],
  ] as const)('whose action runs is asked about after %s', (_, job, pause, progress) => {
    expect(pollAfter(job, progress, NOW + pause - 1)).toBe(false);
    expect(pollAfter(job, progress, NOW + pause)).toBe(true);
  });
});

test('a BACKUP changes nothing, whichever server has the address', () => {
  expect(decide(state({ vrrp: { state: 'BACKUP', since: 0 } }), policy, NOW)).toMatchObject({ reason: 'not MASTER', calls: [] });
});

test('the alias keeps its company: other addresses of both lists stay', () => {
  const lists = { self: { value: ['10.0.1.21'], at: NOW }, peer: { value: ['10.0.1.10', '10.0.1.22'], at: NOW } };
  const [, release] = decide(state({ aliases: lists }), policy, NOW).calls;
  expect(release).toEqual({ kind: 'set-aliases', of: 'peer', aliases: ['10.0.1.22'] });
  const released = { ...lists, peer: { value: ['10.0.1.22'], at: NOW } };
  const [take] = decide(state({ aliases: released, holder: { value: SELF, at: NOW } }), policy, NOW).calls;
  expect(take).toEqual({ kind: 'set-aliases', of: 'self', aliases: ['10.0.1.21', '10.0.1.10'] });
});

describe('a MASTER that holds the address gives up', () => {
  const holding = (change: Partial<AgentState>) => state({ holder: { value: SELF, at: NOW }, ...change });

  test('when its HAProxy has been silent for 0.7 s and the other one could serve', () => {
    expect(decide(holding({ ownHaproxy: SILENT }), policy, NOW).giveUp).toBe('HAProxy silent');
    expect(decide(holding({ ownHaproxy: { ...SILENT, failingSince: NOW - 600 } }), policy, NOW).giveUp).toBeNull();
    expect(
      decide(holding({ ownHaproxy: SILENT, peerPrivate: { ...ANSWERS, report: report({ serving: false }) } }), policy, NOW).giveUp,
    ).toBeNull();
  });

  test('when it reaches neither API nor peer in public, and the peer reaches the API and not it', () => {
    const lost = { peerPublic: { ...SILENT, failingSince: NOW - 2_500 }, api: { ...state().api, unreachableSince: NOW - 500 } };
    const peerPrivate = { ...ANSWERS, report: report({ reachesUs: false }) };
    expect(decide(holding({ ...lost, peerPrivate }), policy, NOW).giveUp).toBe('public side lost');
    expect(decide(holding({ ...lost }), policy, NOW).giveUp).toBeNull();
    expect(
      decide(holding({ ...lost, peerPrivate: { ...ANSWERS, report: report({ reachesUs: false, reachesApi: false }) } }), policy, NOW)
        .giveUp,
    ).toBeNull();
  });
});
