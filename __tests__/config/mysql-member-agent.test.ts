import { expect, test } from 'vitest';
import { renderMySqlMemberAgentConfig, type MySqlMemberAgentFile } from '../../lib/config/mysql-member-agent';

test('is JSON that says what was put in, on lines that a person can read', () => {
  const config: MySqlMemberAgentFile = {
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
  const text = renderMySqlMemberAgentConfig(config);
  expect(JSON.parse(text)).toEqual(config);
  expect(text).toMatch(/^\{\n {2}"name": "db-1",\n/);
  expect(text.endsWith('}\n')).toBe(true);
});
