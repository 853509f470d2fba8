import type { MyCnfConfig } from '../../lib/config/my-cnf';
import type { MySqlMemberAgentFile } from '../../lib/config/mysql-member-agent';

/** The configuration of a member's agent, of a group of one. */
export const MEMBER: MySqlMemberAgentFile = {
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

/** The configuration of its mysqld. */
export const MY_CNF: MyCnfConfig = {
  address: '10.0.4.11',
  serverId: 1,
  port: 3306,
  groupName: MEMBER.groupName,
  dataFolder: '/srv/mysql/data',
  tlsFolder: '/etc/mysql/platform-tls',
  maxConnections: 400,
  binaryLogDays: 3,
  slowSeconds: 1,
  slowLog: true,
};
