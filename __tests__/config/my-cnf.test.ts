import { expect, test } from 'vitest';
import { renderMyCnf, type MyCnfConfig } from '../../lib/config/my-cnf';
import { MY_CNF } from '../helpers/mysql-member';

function setting(name: string, config: Partial<MyCnfConfig> = {}): string | undefined {
  return new RegExp(`^${name} = (.*)$`, 'm').exec(renderMyCnf({ ...MY_CNF, ...config }))?.[1];
}

test('an acknowledged write is on the disk, and nobody writes before the group has agreed', () => {
  expect(setting('sync_binlog')).toBe('1');
  expect(setting('innodb_flush_log_at_trx_commit')).toBe('1');
  expect(setting('super_read_only')).toBe('ON');
  expect(setting('loose_group_replication_consistency')).toBe('BEFORE_ON_PRIMARY_FAILOVER');
});

test('the agent, not mysqld, starts and joins groups', () => {
  expect(setting('loose_group_replication_start_on_boot')).toBe('OFF');
  expect(setting('loose_group_replication_bootstrap_group')).toBe('OFF');
  expect(setting('loose_group_replication_autorejoin_tries')).toBe('0');
});

test('a frozen or isolated member is out as fast as the engine can', () => {
  expect(setting('loose_group_replication_member_expel_timeout')).toBe('0');
  expect(setting('loose_group_replication_unreachable_majority_timeout')).toBe('2');
  expect(setting('loose_group_replication_exit_state_action')).toBe('READ_ONLY');
});

test('members reach each other by address, with TLS', () => {
  expect(setting('report_host')).toBe('10.0.4.11');
  expect(setting('loose_group_replication_local_address')).toBe('10.0.4.11:3306');
  expect(setting('skip_name_resolve')).toBe('ON');
  expect(setting('require_secure_transport')).toBe('ON');
});

test('does not name the other members: one more must not restart them', () => {
  expect(renderMyCnf(MY_CNF)).not.toContain('group_seeds');
});

test('no password is in it', () => {
  expect(renderMyCnf(MY_CNF)).not.toMatch(/password/i);
});

test('leaves what follows from the memory to the host', () => {
  expect(renderMyCnf(MY_CNF)).not.toMatch(/buffer_pool_size|redo_log_capacity|message_cache_size/);
});

/** dev.mysql.com/doc/mysqld-version-reference/en/optvar-changes-8-4.html, ...-9-0.html, ...-9-5.html; introduced after 8.4: ...-9-3.html to ...-9-7.html */
const ONLY_IN_ONE_SERIES =
  /^(loose_)?(mysql[-_]native[-_]password\w*|group_replication_allow_local_lower_version_join|default_authentication_plugin|binlog_transaction_dependency_tracking|replica_allow_higher_version_source|activate_mandatory_roles|enable_cascade_triggers|server_memory|caching_sha2_password_\w*storage_format)\b/m;

test('names no option that MySQL 8.4 has and 9.7 has not, or the other way round', () => {
  expect(renderMyCnf(MY_CNF)).not.toMatch(ONLY_IN_ONE_SERIES);
});

test('the log of slow statements, which holds data, can be left out; its limit is written as mysqld reads it, however small', () => {
  expect(setting('slow_query_log')).toBe('ON');
  expect(setting('slow_query_log', { slowLog: false })).toBe('OFF');
  expect(setting('long_query_time', { slowSeconds: 0.25 })).toBe('0.25');
  expect(setting('long_query_time', { slowSeconds: 0.000001 })).toBe('0.000001');
  expect(setting('long_query_time', { slowSeconds: 1e-9 })).toBe('0');
});
