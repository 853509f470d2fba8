import { expect, test } from 'vitest';
import type { AgentStatus } from '../../../agents/mysql-member/status';
import { readiness } from '../../../agents/mysql-member/readiness';
import { NAMES, online, report, REMEMBERS, sample } from './situations';

function status(name: string, values: Partial<AgentStatus> = {}): AgentStatus {
  return {
    name,
    state: 'OFFLINE',
    role: null,
    members: [],
    gtidExecuted: '',
    applierQueue: 0,
    lagSeconds: 0,
    version: '9.7.4',
    sampleAgeMs: 100,
    lookFailure: null,
    warnings: [],
    primary: { ok: false, why: '' },
    reader: { ok: false, why: '' },
    lastDecision: { kind: 'wait', reason: 'nobody is in a group; waiting for db-3' },
    lastAction: null,
    joinFailures: 0,
    dumps: [],
    peers: { 'db-2': 'NO ANSWER', 'db-3': 'NO ANSWER' },
    actions: {},
    report: report(name),
    ...values,
  };
}

test('a new member does not wait for a group that needs the members behind it', () => {
  expect(readiness(NAMES, status('db-1')).ready).toBe(true);
});

test('the last member waits for all', () => {
  expect(readiness(NAMES, status('db-3'))).toEqual({
    ready: false,
    why: '0 of 3 members ONLINE (wait: nobody is in a group; waiting for db-3)',
  });
  expect(readiness(NAMES, status('db-3', { state: 'ONLINE', members: online('SECONDARY').members })).ready).toBe(true);
});

test('a replaced member waits until the group has taken it in', () => {
  const replaced = status('db-1', { peers: { 'db-2': 'ONLINE', 'db-3': 'ONLINE' } });
  expect(readiness(NAMES, replaced).ready).toBe(false);
  expect(readiness(NAMES, { ...replaced, state: 'ONLINE' }).ready).toBe(true);
});

test('a member that was in a group waits to be in it again', () => {
  const returned = status('db-1', { report: report('db-1', { memory: REMEMBERS, sample: sample({ executed: 'g:1' }) }) });
  expect(readiness(NAMES, returned).ready).toBe(false);
});

test('a member that is not configured any more is ready to go when it has left', () => {
  const leaving = status('db-5', { state: 'ONLINE' });
  expect(readiness(NAMES, leaving)).toEqual({ ready: false, why: 'leaves the group' });
  expect(readiness(NAMES, { ...leaving, state: 'OFFLINE' })).toEqual({ ready: true, why: 'has left the group' });
});

test('waits for agent and mysqld', () => {
  expect(readiness(NAMES, null)).toEqual({ ready: false, why: 'the agent does not answer yet' });
  expect(readiness(NAMES, status('db-1', { state: 'DOWN' })).ready).toBe(false);
});
