import { describe, expect, test } from 'vitest';
import { decide } from '../../../agents/mysql-member/decide';
import type { Report } from '../../../agents/mysql-member/report';
import { GROUP_NAME, memory, NAMES, online, report, REMEMBERS, sample, situation, unreachable } from './situations';

const TRANSACTIONS = 'g:1-9';
const past = (values = {}) => ({ memory: { ...REMEMBERS, ...values } });

describe('the first group', () => {
  test('starts only when every configured member has answered', () => {
    const { action, reason } = decide(situation(report('db-1'), [report('db-2')]));
    expect(action.kind).toBe('wait');
    expect(reason).toBe('nobody is in a group; waiting for db-3');
  });

  test('is stood for by the member of the lowest ordinal, in the next ballot', () => {
    const decided = decide(situation(report('db-1'), [report('db-2'), report('db-3')]));
    expect(decided.action.kind).toBe('wait');
    expect(decided.memory).toMatchObject({ promised: 1, candidate: 'db-1' });
  });

  test('gets the votes of the others, once each', () => {
    const candidate = report('db-1', { memory: memory({ promised: 1, candidate: 'db-1' }) });
    expect(decide(situation(report('db-2'), [candidate, report('db-3')])).memory).toMatchObject({ promised: 1, candidate: 'db-1' });
    const voted = report('db-2', { memory: memory({ promised: 1, candidate: 'db-3' }) });
    expect(decide(situation(voted, [candidate, report('db-3')])).memory).toMatchObject({ promised: 1, candidate: 'db-3' });
  });

  test('is bootstrapped with all votes, and the ballot is used up before it starts', () => {
    const voted = { memory: memory({ promised: 1, candidate: 'db-1' }) };
    const decided = decide(situation(report('db-1', voted), [report('db-2', voted), report('db-3', voted)]));
    expect(decided.action).toEqual({ kind: 'bootstrap', incarnation: 1, groupName: GROUP_NAME });
    expect(decided.memory).toMatchObject({ incarnation: 1, promised: 1, candidate: null, entering: 'bootstrap' });
  });

  test('waits until all members are configured alike', () => {
    const other = report('db-3', { configured: [...NAMES, 'db-4', 'db-5'] });
    expect(decide(situation(report('db-1'), [report('db-2'), other])).reason).toMatch(/db-3 is configured for the members db-1, .* db-5/);
  });
});

describe('a full outage', () => {
  const member = (name: string, executed: string, values = {}) => report(name, { ...past(values), sample: sample({ executed }) });

  test('ends with the member that holds all transactions, whatever its ordinal', () => {
    const members = [member('db-1', 'g:1-7'), member('db-2', 'g:1-9'), member('db-3', 'g:1-8')] as const;
    expect(decide(situation(members[1], [members[0], members[2]])).memory).toMatchObject({ promised: 2, candidate: 'db-2' });
    expect(decide(situation(members[0], [members[1], members[2]])).reason).toBe('db-2 holds all transactions and founds the group');
  });

  test('counts what lies unapplied in a relay log, and applies it first', () => {
    const behind = report('db-2', { ...past(), sample: sample({ executed: 'g:1-5', received: 'g:4-9' }) });
    expect(decide(situation(behind, [member('db-1', 'g:1-7'), member('db-3', 'g:1-7')])).action.kind).toBe('apply-relay-log');
    expect(decide(situation(member('db-1', 'g:1-7'), [behind, member('db-3', 'g:1-7')])).reason).toBe('db-2 still applies its relay log');
  });

  test('is left to the operator while a member is missing, with what everybody has', () => {
    const { action, reason } = decide(situation(member('db-1', TRANSACTIONS), [member('db-2', 'g:1-5')]));
    expect(action).toMatchObject({
      kind: 'needs-operator',
      instruction: expect.stringContaining('platform-mysql force-bootstrap') as unknown,
    });
    expect(reason).toBe('no member is in a group and db-3 does not answer; db-1: g:1-9; db-2: g:1-5; db-3: no answer');
  });

  test('is left to the operator when the sets conflict', () => {
    const { action, reason } = decide(situation(member('db-1', 'g:1-5,x:1'), [member('db-2', 'g:1-6'), member('db-3', 'g:1-6')]));
    expect(action.kind).toBe('needs-operator');
    expect(reason).toMatch(/^no member holds all transactions; db-1: g:1-5,x:1; db-2: g:1-6/);
  });

  test('is left to the operator when a member of the last majority has lost its data', () => {
    const emptied = report('db-3');
    const { action, reason } = decide(situation(member('db-1', 'g:1-9'), [member('db-2', 'g:1-9'), emptied]));
    expect(action.kind).toBe('needs-operator');
    expect(reason).toMatch(/^db-3 was in the last group with a majority and has lost its data/);
  });

  test('goes on without the data of a member that the last majority had already expelled', () => {
    const lastMajority = { incarnation: 1, counter: 4, members: ['db-1', 'db-2'] };
    const members = [member('db-1', 'g:1-9', { lastMajority }), member('db-2', 'g:1-9', { lastMajority })] as const;
    expect(decide(situation(members[0], [members[1], report('db-3')])).memory.candidate).toBe('db-1');
  });

  test('ends after a refused ballot in the next one', () => {
    const [self, other] = [member('db-1', 'g:1-9', { promised: 3, candidate: 'db-1' }), member('db-2', 'g:1-9', { promised: 3 })];
    expect(decide(situation(self, [other, member('db-3', 'g:1-9')])).memory).toMatchObject({ promised: 4, candidate: 'db-1' });
  });

  test('ends in the lineage that the last group had', () => {
    const voted = { promised: 5, candidate: 'db-1' };
    const later = { ...voted, incarnation: 4, lineage: 'lineage-4' };
    const members = [member('db-1', 'g:1-9', voted), member('db-2', 'g:1-9', later), member('db-3', 'g:1-9', voted)] as const;
    expect(decide(situation(members[0], [members[1], members[2]])).action).toEqual({
      kind: 'reboot-group',
      incarnation: 5,
      groupName: 'lineage-4',
    });
  });

  test('is not ended by a bootstrap while a member is busy', () => {
    const busy = { ...member('db-2', 'g:1-5'), busy: 'rejoin' };
    expect(decide(situation(member('db-1', 'g:1-9'), [busy, member('db-3', 'g:1-9')])).reason).toBe('db-2 is rejoin');
  });
});

describe('a group that lives', () => {
  const live = [
    report('db-2', { ...past(), sample: online('PRIMARY', ['db-2', 'db-3'], { executed: TRANSACTIONS }) }),
    report('db-3', { ...past(), sample: online('SECONDARY', ['db-2', 'db-3'], { executed: TRANSACTIONS }) }),
  ];

  test('is joined by a member that comes back', () => {
    const decided = decide(situation(report('db-1', { ...past(), sample: sample({ executed: 'g:1-8' }) }), live));
    expect(decided.action.kind).toBe('rejoin');
    expect(decided.memory.entering).toEqual({ epoch: 'e1', incarnation: 1 });
  });

  test('is joined by a new member, by clone when the binary logs no longer reach back', () => {
    expect(decide(situation(report('db-1'), live)).action.kind).toBe('join');
    const purged = live.map((peer) => ({ ...peer, sample: peer.sample && { ...peer.sample, purged: 'g:1-4' } }));
    expect(decide(situation(report('db-1'), purged)).action).toEqual({ kind: 'join-by-clone', donor: 'db-3' });
  });

  test('gets no member with errant transactions before they lie in a dump; then a clone replaces them', () => {
    const errant = report('db-1', { ...past(), sample: sample({ executed: 'g:1-8,x:1-2' }) });
    expect(decide(situation(errant, live)).action).toEqual({ kind: 'report-errant', errant: 'x:1-2' });
    expect(decide(situation({ ...errant, ...past({ setAside: 'x:1-2' }) }, live)).action.kind).toBe('join-by-clone');
    expect(decide(situation(report('db-1', { ...past({ setAside: 'x:1-2' }), sample: online('SECONDARY') }), live)).memory.setAside).toBe(
      '',
    );
  });

  test('is joined by one member after another, in their order, and one that hangs does not stop the rest', () => {
    const [founder] = [report('db-2', { ...past(), sample: online('PRIMARY', ['db-2'], { executed: TRANSACTIONS }) })];
    const delay = (self: string, other: Partial<Report>) =>
      decide(situation(report(self, past()), [founder, report(self === 'db-1' ? 'db-3' : 'db-1', other)])).afterMs;
    expect(delay('db-1', past())).toBe(0);
    expect(delay('db-3', past())).toBe(1500);
    expect(delay('db-1', { ...past(), busy: 'rejoin' })).toBe(15_000);
  });

  test('is waited for while it still counts the member that died', () => {
    const own = unreachable(online('SECONDARY', NAMES, { executed: TRANSACTIONS }), 'db-1');
    const before = live.map(({ name }) => report(name, { ...past(), sample: own }));
    expect(decide(situation(report('db-1', past()), before)).reason).toMatch(/not yet expelled/);
  });

  test('is joined only after it has refused the ballot that this member voted in', () => {
    const voter = report('db-1', past({ promised: 2, candidate: 'db-2' }));
    expect(decide(situation(voter, live)).reason).toMatch(/waiting until the group has refused ballot 2/);
    const refused = live.map((peer) => ({ ...peer, memory: { ...peer.memory, promised: 2 } }));
    expect(decide(situation(voter, refused)).action.kind).toBe('rejoin');
  });

  test('refuses a ballot that runs beside it, for good', () => {
    const self = report('db-2', { ...past(), sample: online('PRIMARY') });
    const candidate = report('db-1', past({ promised: 5, candidate: 'db-1' }));
    expect(decide(situation(self, [candidate])).memory).toMatchObject({ promised: 5, candidate: null });
  });

  test('is tried again after a pause that grows', () => {
    const self = report('db-1', past());
    expect(decide(situation(self, live, { joinFailures: 3, sinceJoinFailureMs: 3000 })).action.kind).toBe('wait');
    expect(decide(situation(self, live, { joinFailures: 3, sinceJoinFailureMs: 4000 })).action.kind).toBe('rejoin');
  });

  test('of another lineage is joined under its name, which is written down', () => {
    const other = live.map((peer) => ({ ...peer, sample: peer.sample && { ...peer.sample, groupName: 'lineage-1' } }));
    expect(decide(situation(report('db-1', past()), other)).action).toEqual({ kind: 'rejoin', groupName: 'lineage-1' });
    const inside = report('db-2', { ...past(), sample: online('PRIMARY', NAMES, { groupName: 'lineage-1' }) });
    expect(decide(situation(inside, [])).memory.lineage).toBe('lineage-1');
  });

  test('that an operator founded takes others by clone without a majority, once a dump holds what they had alone', () => {
    const founder = report('db-2', {
      memory: { ...REMEMBERS, incarnation: 2, promised: 2, lineage: 'y' },
      sample: online('PRIMARY', ['db-2'], { executed: 'g:1-7,y:1' }),
    });
    const self = report('db-1', { ...past(), sample: sample({ executed: 'g:1-9' }) });
    expect(decide(situation(self, [founder])).action).toEqual({ kind: 'report-errant', errant: 'g:8-9' });
    expect(decide(situation({ ...self, ...past({ setAside: 'g:8-9' }) }, [founder])).action).toEqual({
      kind: 'join-by-clone',
      donor: 'db-2',
    });
    const grown = { ...self, memory: { ...self.memory, incarnation: 2, lineage: 'y' } };
    expect(decide(situation(grown, [founder])).action.kind).toBe('needs-operator');
  });

  test('lends its data to no clone while it has no majority', () => {
    const lone = [report('db-2', { ...past(), sample: online('PRIMARY', ['db-2'], { executed: 'g:1-9', purged: 'g:1-4' }) })];
    expect(decide(situation(report('db-1'), lone)).reason).toMatch(/a clone needs a group with a majority/);
  });
});

describe('fencing', () => {
  test.each([
    ['OFFLINE', sample({ superReadOnly: false, readOnly: false })],
    ['ERROR', sample({ state: 'ERROR', superReadOnly: false, readOnly: false })],
    ['SECONDARY', online('SECONDARY', NAMES, { superReadOnly: false, readOnly: false })],
    ['PRIMARY without a majority', unreachable(online('PRIMARY'), 'db-2', 'db-3')],
    ['PRIMARY that is alone after clean shutdowns', online('PRIMARY', ['db-1'])],
  ])('takes the right to write from a member that is %s', (_, own) => {
    expect(decide(situation(report('db-1', { ...past(), sample: own }), [])).action.kind).toBe('fence');
  });

  test('gives it back to a SECONDARY that is elected while it is taken', () => {
    const writable = report('db-1', { ...past(), sample: online('SECONDARY', NAMES, { superReadOnly: false, readOnly: false }) });
    const { memory } = decide(situation(writable, []));
    const elected = report('db-1', { memory, sample: online('PRIMARY', NAMES, { superReadOnly: true, readOnly: true }) });
    expect(decide(situation(elected, [])).action.kind).toBe('unfence');
  });

  test('remembers that it took it while MySQL shows super_read_only = 1 and read_only = 0, waiting for statements under way', () => {
    const waiting = report('db-1', {
      ...past({ fenced: true }),
      sample: online('PRIMARY', NAMES, { superReadOnly: true, readOnly: false }),
    });
    expect(decide(situation(waiting, [])).memory.fenced).toBe(true);
  });

  test('gives it back to a PRIMARY that has its majority again, and to nobody that it did not take it from', () => {
    const readOnly = online('PRIMARY', NAMES, { superReadOnly: true, readOnly: true });
    expect(decide(situation(report('db-1', { ...past({ fenced: true }), sample: readOnly }), [])).action.kind).toBe('unfence');
    expect(decide(situation(report('db-1', { ...past(), sample: readOnly }), [])).action.kind).toBe('stay');
  });

  test('lets a clone replace the data, while clients stay shut out', () => {
    const cloning = report('db-1', { busy: 'join-by-clone', sample: sample({ superReadOnly: false, readOnly: true }) });
    expect(decide(situation(cloning, [])).action.kind).toBe('wait');
  });
});

test('a join that ended as PRIMARY of a group of its own is undone', () => {
  const alone = online('PRIMARY', ['db-1'], { view: { epoch: 'other', counter: 1 }, superReadOnly: true, readOnly: true });
  expect(decide(situation(report('db-1', { ...past(), sample: alone }), [])).action.kind).toBe('leave');
});

test('so is one that others have followed into a group that nobody founded, but not before all of them have said so', () => {
  const view = { epoch: 'other', counter: 2 };
  const self = report('db-1', { ...past(), sample: online('PRIMARY', ['db-1', 'db-2'], { view, superReadOnly: true, readOnly: true }) });
  const follower = (knows: string) =>
    report('db-2', { ...past({ epoch: knows }), sample: online('SECONDARY', ['db-1', 'db-2'], { view }) });
  expect(decide(situation(self, [follower('e1')])).action.kind).toBe('leave');
  expect(decide(situation(self, [follower('other')])).action.kind).toBe('stay');
  expect(decide(situation(self, [])).action.kind).toBe('stay');
});

test('a copied data directory is told from its original', () => {
  const twin = report('db-2', { sample: sample({ serverUuid: 'same' }) });
  const { action, reason } = decide(situation(report('db-1', { sample: sample({ serverUuid: 'same' }) }), [twin]));
  expect(action).toMatchObject({ kind: 'needs-operator', instruction: expect.stringContaining('auto.cnf') as unknown });
  expect(reason).toMatch(/db-2 has the same server_uuid/);
});

test('a new data directory has no past, but keeps its promises', () => {
  const self = report('db-1', { memory: { ...REMEMBERS, promised: 7, candidate: 'db-2', serverUuid: 'old' } });
  expect(decide(situation(self, [])).memory).toMatchObject({
    incarnation: 0,
    promised: 7,
    candidate: 'db-2',
    lastMajority: null,
    serverUuid: 'uuid-db-1',
  });
});

test('data of another group is left alone', () => {
  const self = report('db-1', { memory: { ...REMEMBERS, groupName: 'bbbbbbbb-0000-8000-a000-000000000000' } });
  expect(decide(situation(self, [])).action).toMatchObject({
    kind: 'needs-operator',
    instruction: expect.stringContaining('groupName') as unknown,
  });
});

describe('a member that is not configured any more', () => {
  const leaving = (state: Partial<Parameters<typeof sample>[0]>) => report('db-5', { ...past(), sample: sample(state) });
  const peers = NAMES.map((name) => report(name, { ...past(), sample: online('SECONDARY') }));

  test('leaves the group, and stays out', () => {
    expect(decide(situation(report('db-5', { ...past(), sample: online('SECONDARY', [...NAMES, 'db-5']) }), peers)).action.kind).toBe(
      'leave',
    );
    expect(decide(situation(leaving({}), peers))).toMatchObject({
      action: { kind: 'wait' },
      reason: 'not configured any more: its server and volume may be deleted',
    });
  });

  test('is fenced when it can be written to', () => {
    expect(decide(situation(leaving({ superReadOnly: false, readOnly: false }), peers)).action.kind).toBe('fence');
  });

  test('that was in the last group is asked about before the others start without it', () => {
    const lastMajority = { incarnation: 1, counter: 9, members: [...NAMES, '10.0.4.14'] };
    const [first, ...others] = NAMES.map((name) => report(name, past({ lastMajority })));
    const { action, reason } = decide(situation(first!, others));
    expect(action.kind).toBe('needs-operator');
    expect(reason).toMatch(/^10.0.4.14 was in the last group with a majority and is not configured any more/);
  });
});

describe('a member without data', () => {
  const peers = (executed: string) =>
    ['db-2', 'db-3'].map((name) => report(name, { ...past(), sample: online('SECONDARY', ['db-2', 'db-3'], { executed }) }));

  test('takes a copy of a group that has been at work', () => {
    expect(decide(situation(report('db-1'), peers('g:1-5000'))).action).toEqual({ kind: 'join-by-clone', donor: 'db-2' });
  });

  test('joins at once a group that has only just begun', () => {
    expect(decide(situation(report('db-1'), peers('g:1-20'))).action.kind).toBe('join');
  });
});

describe('members that are configured newly', () => {
  const five = [...NAMES, 'db-4', 'db-5'];
  const primary = (joined: readonly string[]) =>
    report('db-1', { configured: five, ...past({ joined }), sample: online('PRIMARY', ['db-1', 'db-2']) });

  test('count for the majority only once they have been ONLINE', () => {
    expect(decide(situation(primary(NAMES), [])).action.kind).toBe('stay');
    expect(decide(situation(primary(five), [])).action.kind).toBe('fence');
  });

  test('are written down when they are ONLINE', () => {
    const grown = report('db-1', { configured: five, ...past({ joined: NAMES }), sample: online('PRIMARY', [...NAMES, 'db-4']) });
    expect(decide(situation(grown, [])).memory.joined).toEqual([...NAMES, 'db-4']);
  });
});

describe('a PRIMARY whose data volume is full', () => {
  const MB = 1024 ** 2;
  const disk = (freeMegabytes: number) => ({ freeBytes: freeMegabytes * MB, sizeBytes: 20_000 * MB });
  const member = (name: string, role: 'PRIMARY' | 'SECONDARY', free: number) =>
    report(name, { ...past(), sample: online(role), disk: disk(free) });

  test('hands over to a member that has space', () => {
    const decided = decide(situation(member('db-1', 'PRIMARY', 100), [member('db-2', 'SECONDARY', 9000), member('db-3', 'SECONDARY', 50)]));
    expect(decided.action).toEqual({ kind: 'hand-over', to: 'db-2' });
  });

  test('ends mysqld if it cannot hand over, and not a commit more finds space', () => {
    const peers = [member('db-2', 'SECONDARY', 9000), member('db-3', 'SECONDARY', 50)];
    expect(decide(situation(member('db-1', 'PRIMARY', 0), peers, { handOverFailed: true })).action.kind).toBe('end-mysqld');
    expect(decide(situation(member('db-1', 'PRIMARY', 0), peers)).action.kind).toBe('hand-over');
    expect(decide(situation(member('db-1', 'PRIMARY', 100), peers, { handOverFailed: true })).action.kind).toBe('hand-over');
  });

  test('does not end mysqld while no other has space', () => {
    const peers = [member('db-2', 'SECONDARY', 100), member('db-3', 'SECONDARY', 0)];
    expect(decide(situation(member('db-1', 'PRIMARY', 0), peers, { handOverFailed: true })).action.kind).toBe('stay');
  });

  test('stays PRIMARY while no other has space', () => {
    const decided = decide(situation(member('db-1', 'PRIMARY', 100), [member('db-2', 'SECONDARY', 100), member('db-3', 'SECONDARY', 50)]));
    expect(decided.action.kind).toBe('stay');
  });

  test('is left alone while there is space', () => {
    const decided = decide(
      situation(member('db-1', 'PRIMARY', 600), [member('db-2', 'SECONDARY', 9000), member('db-3', 'SECONDARY', 9000)]),
    );
    expect(decided.action.kind).toBe('stay');
  });
});
