import { classify, DatabaseUnavailable, isDuplicate, mayRepeat, NotConnected } from '../../../app/database/errors';
import { expect, test } from 'vitest';

const mysql = (errno: number) => Object.assign(new Error('from MySQL'), { errno, code: 'ER_ANY', sqlState: 'HY000' });
const socket = (code: string) => Object.assign(new Error('from the socket'), { code });

test.each([
  ['a member that is read-only, because it is not the PRIMARY any more', mysql(1290)],
  ['a member in read-only mode', mysql(1836)],
  ['a switchover, during which nothing new may begin', mysql(4094)],
  ['a member in offline mode', mysql(3032)],
  ['a lock wait that took too long, which was rolled back', mysql(1205)],
  ['a deadlock, which was rolled back', mysql(1213)],
  ['too many connections', mysql(1040)],
  ['a full disk', mysql(1021)],
  ['a connection that MySQL closed while it was idle', mysql(4031)],
  ['no connection', new NotConnected('cannot connect', { cause: socket('ECONNRESET') })],
])('%s has left no trace', (_, error) => {
  expect(classify(error)).toBe('not-executed');
});

test.each([
  ['a connection that was reset', socket('ECONNRESET')],
  ['a connection that was closed', Object.assign(new Error('closed'), { code: 'PROTOCOL_CONNECTION_LOST', fatal: true })],
  ['a statement without an answer in time', socket('PROTOCOL_SEQUENCE_TIMEOUT')],
  ['a server that shuts down', mysql(1053)],
  ['a session that was killed', mysql(3169)],
  ['a commit that Group Replication refused: others may have agreed on it before', mysql(3100)],
  ['a commit that Group Replication rolled back: others may have agreed on it before', mysql(3101)],
  ['a fatal error without a code', Object.assign(new Error("Can't add new command when connection is in closed state"), { fatal: true })],
])('%s is unclear', (_, error) => {
  expect(classify(error)).toBe('unclear');
});

test.each([
  ['a duplicate key', mysql(1062)],
  ['a syntax error', mysql(1064)],
  ['a missing table', mysql(1146)],
  ['a mistake in the program', new TypeError('x is not a function')],
  ['a thrown text', 'oops'],
  ['nothing', undefined],
])('%s is permanent', (_, error) => {
  expect(classify(error)).toBe('permanent');
});

test('only what is harmless to do twice is repeated after an unclear outcome', () => {
  expect(mayRepeat('unclear', { harmless: true })).toBe(true);
  expect(mayRepeat('unclear', { harmless: false })).toBe(false);
  expect(mayRepeat('not-executed', { harmless: false })).toBe(true);
  expect(mayRepeat('permanent', { harmless: true })).toBe(false);
});

test('a duplicate is told from other errors by its number', () => {
  expect(isDuplicate(mysql(1062))).toBe(true);
  expect(isDuplicate(new DatabaseUnavailable('unclear', {}))).toBe(false);
});
