import type { MySqlMemberAgentFile } from '../../lib/config/mysql-member-agent';
import { fields, listOf, number, optional, text, type Shape } from '../common/shape';

export type AgentConfig = MySqlMemberAgentFile;

export const CONFIG_FILE = '/etc/platform/mysql-member.json';
/** By it members reach each other. */
export const REPLICATION_PASSWORD = 'mysql-replication-password';

export const isAgentConfig: Shape<AgentConfig> = fields({
  name: text,
  address: text,
  members: listOf(fields<AgentConfig['members'][number]>({ name: text, address: text })),
  groupName: text,
  sqlPort: number,
  healthPort: number,
  localAccount: fields<AgentConfig['localAccount']>({ socket: text, user: text }),
  replicationUser: text,
  memoryFile: text,
  errantFolder: text,
  controlSocket: text,
  endMysqldFile: text,
  accounts: fields<AgentConfig['accounts']>({
    schema: text,
    applicationUser: text,
    migrationUser: optional(text),
    applicationHosts: text,
    memberHosts: text,
  }),
});
