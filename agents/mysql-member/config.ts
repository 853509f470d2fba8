import { readFile } from 'node:fs/promises';
import type { MysqlMemberAgentConfig } from '../../lib/config/mysql-member-agent';

export type AgentConfig = MysqlMemberAgentConfig;

export const CONFIG_FILE = '/etc/platform/mysql-member.json';

export async function readConfig(path: string): Promise<AgentConfig> {
  return JSON.parse(await readFile(path, 'utf8')) as AgentConfig;
}

/** The password by which members reach each other, fresh from systemd's credential; never in an argument list. */
export async function replicationPassword(): Promise<string> {
  const folder = process.env['CREDENTIALS_DIRECTORY'];
  if (!folder) throw new Error('CREDENTIALS_DIRECTORY is not set: start the agent by its systemd unit');
  return (await readFile(`${folder}/mysql-replication-password`, 'utf8')).trim();
}
