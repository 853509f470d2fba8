import { expect, test } from 'vitest';
import { initialStatements, nextStep, revision, accounts } from '../../../agents/mysql-member/accounts';
import type { AgentConfig } from '../../../agents/mysql-member/config';

const CONFIG: AgentConfig = {
  name: 'db-1',
  address: '10.0.4.11',
  members: [{ name: 'db-1', address: '10.0.4.11' }],
  groupName: 'aaaaaaaa-0000-8000-a000-000000000000',
  sqlPort: 3306,
  healthPort: 9200,
  localAccount: { socket: '/run/mysqld/mysqld.sock', user: 'platform_agent' },
  replicationUser: 'platform_replication',
  memoryFile: '/srv/mysql/member/memory.json',
  errantFolder: '/srv/mysql/member/errant',
  controlSocket: '/run/mysql-member/control.sock',
  endMysqldFile: '/run/mysql-member/end-mysqld',
  accounts: { schema: 'app', applicationUser: 'app', applicationHosts: '10.0.3.0/255.255.255.0', memberHosts: '10.0.4.0/255.255.255.0' },
};
const PASSWORDS = { admin: 'a', replication: 'r', application: `it's \\ "quoted"` };

test('the application gets its own schema, from app hosts, by TLS, and nothing else', () => {
  const app = initialStatements(CONFIG, PASSWORDS).filter((line) => line.includes(`'app'@`));
  expect(app[0]).toBe(`CREATE USER IF NOT EXISTS 'app'@'10.0.3.0/255.255.255.0' IDENTIFIED BY 'it\\'s \\\\ \\"quoted\\"' REQUIRE SSL`);
  expect(app.slice(1)).toEqual([expect.stringMatching(/^GRANT SELECT, .* ON `app`\.\* TO 'app'@/)]);
});

test('members log in with password and certificate, the agent by its system user, without a password', () => {
  const text = initialStatements(CONFIG, PASSWORDS).join('\n');
  expect(text).toContain(`'platform_replication'@'10.0.4.0/255.255.255.0' IDENTIFIED BY 'r' REQUIRE X509`);
  expect(text).toContain(`'platform_agent'@'localhost' IDENTIFIED WITH auth_socket AS 'mysql-member'`);
});

test('a new data directory is filled outside of the binary log, one statement a line', () => {
  const lines = initialStatements(CONFIG, PASSWORDS);
  expect(lines[0]).toBe('SET SESSION sql_log_bin = 0');
  expect(lines.filter((line) => line.includes('\n'))).toEqual([]);
});

test.each([
  ['nothing', { state: 'ONLINE', role: 'SECONDARY', isEmpty: false, upToDate: true }],
  ['apply-as-primary', { state: 'ONLINE', role: 'PRIMARY', isEmpty: false, upToDate: false }],
  ['take-the-primary-role', { state: 'ONLINE', role: 'SECONDARY', isEmpty: false, upToDate: false }],
  ['create-locally', { state: 'OFFLINE', role: null, isEmpty: true, upToDate: false }],
  ['wait', { state: 'RECOVERING', role: null, isEmpty: true, upToDate: false }],
  ['wait', { state: 'OFFLINE', role: null, isEmpty: false, upToDate: false }],
])('changed credentials: %s', (step, facts) => {
  expect(nextStep(facts)).toBe(step);
});

test('a revision changes with the password and tells nothing of it', () => {
  const revisions = (passwords: typeof PASSWORDS) => accounts(CONFIG, passwords).map((account) => revision(CONFIG, account));
  const [before, after] = [revisions(PASSWORDS), revisions({ ...PASSWORDS, replication: 'r2' })];
  expect(after.map((each, index) => each === before[index])).toEqual([true, false, true, true]);
  expect(before.every((each) => /^[0-9a-f]{64}$/.test(each))).toBe(true);
});
