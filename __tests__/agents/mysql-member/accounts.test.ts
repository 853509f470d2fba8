import { describe, expect, test } from 'vitest';
import {
  accounts,
  departures,
  initialStatements,
  nextStep,
  revision,
  withdrawals,
  type SchemaRight,
} from '../../../agents/mysql-member/accounts';
import type { AgentConfig } from '../../../agents/mysql-member/config';
import { MEMBER } from '../../helpers/mysql-member';

const CONFIG: AgentConfig = MEMBER;
const PASSWORDS = { admin: 'a', replication: 'r', application: `it's \\ "quoted"`, migration: null };

test('the application gets its own schema, from app hosts, by TLS, and nothing else', () => {
  const app = initialStatements(CONFIG, PASSWORDS).filter((line) => line.includes(`'app'@`));
  expect(app[0]).toBe(`CREATE USER IF NOT EXISTS 'app'@'10.0.3.0/255.255.255.0' IDENTIFIED BY 'it\\'s \\\\ \\"quoted\\"' REQUIRE SSL`);
  expect(app.slice(1)).toEqual([expect.stringMatching(/^GRANT SELECT, .* ON `app`\.\* TO 'app'@/)]);
});

test('in the name of a schema _ is a letter like any other', () => {
  const config = { ...CONFIG, accounts: { ...CONFIG.accounts, schema: 'shop_db' } };
  const lines = initialStatements(config, PASSWORDS);
  expect(lines).toContain('CREATE DATABASE IF NOT EXISTS `shop_db` CHARACTER SET utf8mb4');
  expect(lines.filter((line) => / ON `shop/.test(line))).toEqual([expect.stringContaining(' ON `shop\\_db`.* TO ')]);
});

describe('where migrations have an account of their own', () => {
  const config = { ...CONFIG, accounts: { ...CONFIG.accounts, migrationUser: 'platform_migration' } };
  const passwords = { ...PASSWORDS, migration: 'm' };
  const rightsOf = (user: string) =>
    initialStatements(config, passwords).find((line) => line.startsWith('GRANT') && line.includes(`TO '${user}'@`)) ?? '';

  test('it may change the schema, and the application may not', () => {
    for (const right of ['CREATE', 'DROP', 'ALTER', 'TRIGGER']) {
      expect(rightsOf('platform_migration')).toMatch(new RegExp(`\\b${right}(,| ON)`));
      expect(rightsOf('app')).not.toMatch(new RegExp(`\\b${right}(,| ON)`));
    }
    expect(rightsOf('app')).toMatch(/^GRANT SELECT, INSERT, UPDATE, DELETE, /);
  });

  test('what the application was given once is taken from it, in schemas of other names, too', () => {
    const of = (user: string, schema: string, right: string): SchemaRight => ({ user, host: '10.0.3.0/255.255.255.0', schema, right });
    const present = [
      of('app', 'app', 'SELECT'),
      of('app', 'app', 'DROP'),
      of('app', 'former', 'SELECT'),
      of('platform_migration', 'app', 'DROP'),
      of('somebody', 'app', 'DROP'),
    ];
    expect(withdrawals(config, passwords, present)).toEqual([
      "REVOKE DROP ON `app`.* FROM 'app'@'10.0.3.0/255.255.255.0'",
      "REVOKE SELECT ON `former`.* FROM 'app'@'10.0.3.0/255.255.255.0'",
    ]);
    expect(withdrawals(CONFIG, PASSWORDS, present.slice(0, 2)), 'one account for both').toEqual([]);
  });
});

test('an account that the platform made and nobody uses any more goes, and no other does', () => {
  const present = [
    { user: 'platform_migration', host: '10.0.3.0/255.255.255.0' },
    { user: 'app', host: '10.0.3.0/255.255.255.0' },
    { user: 'of_an_operator', host: '%' },
    { user: 'root', host: 'localhost' },
  ];
  const made = ['app', 'platform_admin', 'platform_migration', 'gone_already'];
  expect(departures(CONFIG, PASSWORDS, made, present)).toEqual([
    "DROP USER 'platform_migration'@'10.0.3.0/255.255.255.0'",
    "DELETE FROM platform.account_revision WHERE user = 'platform_migration'",
    "DELETE FROM platform.account_revision WHERE user = 'gone_already'",
  ]);
  const withMigrations = { ...CONFIG, accounts: { ...CONFIG.accounts, migrationUser: 'platform_migration' } };
  expect(departures(withMigrations, { ...PASSWORDS, migration: 'm' }, ['app', 'platform_migration'], present)).toEqual([]);
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
