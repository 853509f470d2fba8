import { expect, test } from 'vitest';
import { isRecorded, primaryHealth, readerHealth } from '../../../agents/mysql-member/health';
import { NAMES, online, report, REMEMBERS, sample, unreachable } from './situations';

const self = (own = online('PRIMARY')) => report('db-1', { memory: REMEMBERS, sample: own });
const observed = (own = online('PRIMARY'), values = {}) => ({
  self: self(own),
  recorded: true,
  sampleAgeMs: 100,
  lagSeconds: 0,
  leaving: false,
  peers: [],
  ...values,
});

test('a PRIMARY that may write, in a majority, with a fresh sample takes writes', () => {
  expect(primaryHealth(observed())).toEqual({ ok: true, why: 'PRIMARY' });
});

test.each([
  ['SECONDARY', observed(online('SECONDARY'))],
  ['PRIMARY, read_only ON', observed(online('PRIMARY', NAMES, { readOnly: true }))],
  ['PRIMARY without a majority of the configured members', observed(unreachable(online('PRIMARY'), 'db-2', 'db-3'))],
  ['PRIMARY without a majority of the configured members', observed(online('PRIMARY', ['db-1']))],
  ['PRIMARY, not yet in the durable memory of a majority', observed(online('PRIMARY'), { recorded: false })],
  ['last answer of mysqld 1000 ms ago', observed(online('PRIMARY'), { sampleAgeMs: 1000 })],
  ['ERROR', observed(sample({ state: 'ERROR' }))],
])('no writes: %s', (why, given) => {
  expect(primaryHealth(given)).toEqual({ ok: false, why });
});

test('a member in the majority takes reads, one that lags far behind or is about to stop does not', () => {
  expect(readerHealth(observed(online('SECONDARY'))).ok).toBe(true);
  expect(readerHealth(observed(online('SECONDARY', NAMES, { applierQueue: 20_000 }))).why).toBe('20000 transactions behind');
  expect(readerHealth(observed(online('SECONDARY'), { lagSeconds: 12 })).why).toBe('lacks what the PRIMARY had 12 s ago');
  expect(readerHealth(observed(online('SECONDARY'), { leaving: true })).why).toBe('mysqld is about to stop');
  expect(readerHealth(observed(unreachable(online('SECONDARY'), 'db-2', 'db-3'))).ok).toBe(false);
});

test('a PRIMARY that is about to stop, and found no other to hand over to, still takes writes', () => {
  expect(primaryHealth(observed(online('PRIMARY'), { leaving: true })).ok).toBe(true);
});

test('counts as recorded once a majority has written down that it belongs to this group', () => {
  const knows = report('db-2', { memory: REMEMBERS });
  const doesNot = report('db-3', { memory: { ...REMEMBERS, epoch: 'e0' } });
  expect(isRecorded(self(), [knows, doesNot])).toBe(true);
  expect(isRecorded(self(), [doesNot])).toBe(false);
});

const view = (counter: number, epoch = 'e1') => ({ view: { epoch, counter } });
const led = (leader: string, names: readonly string[], values = {}) =>
  online('SECONDARY', names, {
    members: names.map((name) => ({ name, state: 'ONLINE', role: name === leader ? 'PRIMARY' : 'SECONDARY' })),
    ...values,
  });
const beside = (...peers: ReturnType<typeof report>[]) => primaryHealth(observed(online('PRIMARY', NAMES, view(3)), { peers }));

test('a PRIMARY that just woke up takes no writes, once another member is in a newer view without it', () => {
  const why = 'db-2 is in a newer view, in which this member is not PRIMARY';
  expect(beside(report('db-2', { memory: REMEMBERS, sample: led('', ['db-2', 'db-3'], view(4)) }))).toEqual({ ok: false, why });
});

test('neither does one that sleeps through its expulsion and is a member again, or through a group that was founded anew', () => {
  const laterGroup = { ...REMEMBERS, epoch: 'e2', incarnation: 2 };
  expect(beside(report('db-2', { memory: REMEMBERS, sample: led('db-2', NAMES, view(5)) })).ok).toBe(false);
  expect(beside(report('db-2', { memory: laterGroup, sample: led('db-2', ['db-2', 'db-3'], view(1, 'e2')) })).ok).toBe(false);
});

test.each([
  ['reports of the view before, in which another was PRIMARY', report('db-2', { memory: REMEMBERS, sample: led('db-3', NAMES, view(2)) })],
  [
    'reports of the same view, in which the election is not over',
    report('db-2', { memory: REMEMBERS, sample: led('', ['db-2', 'db-3'], view(3)) }),
  ],
  ['a newer view with this member as PRIMARY', report('db-2', { memory: REMEMBERS, sample: led('db-1', NAMES, view(4)) })],
  ['a member that is alone in a view of its own', report('db-2', { memory: REMEMBERS, sample: led('db-2', ['db-2'], view(4)) })],
  [
    'a former group',
    report('db-2', { memory: { ...REMEMBERS, epoch: 'e0', incarnation: 0 }, sample: led('db-2', ['db-2', 'db-3'], view(9, 'e0')) }),
  ],
  ['a member that is down', report('db-2', { memory: REMEMBERS, sample: null })],
])('the PRIMARY keeps taking writes beside %s', (_, peer) => {
  expect(beside(peer)).toEqual({ ok: true, why: 'PRIMARY' });
});
