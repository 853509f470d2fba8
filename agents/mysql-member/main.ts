import { credential, readConfig } from '../common/config';
import { messageOf } from '../common/errors';
import { listen } from '../common/http-server';
import { Agent } from './agent';
import { CONFIG_FILE, isAgentConfig, REPLICATION_PASSWORD } from './config';
import { operate } from './operator';
import { controlServer, healthServer } from './server';
import { feedWatchdog } from './watchdog';

/** `mysql-member.js` is the agent; `mysql-member.js operator VERB` is the command platform-mysql. */
async function main(args: readonly string[]): Promise<void> {
  const config = readConfig(process.env['MYSQL_MEMBER_CONFIG'] ?? CONFIG_FILE, isAgentConfig);
  if (args[0] === 'operator') {
    process.exitCode = await operate(config, args.slice(1));
    return;
  }
  const log = (line: string) => process.stdout.write(`${line}\n`);
  const agent = new Agent(config, () => credential(REPLICATION_PASSWORD), log);
  listen(controlServer(agent), { path: config.controlSocket }, log);
  listen(healthServer(agent), { host: config.address, port: config.healthPort }, log);
  feedWatchdog(process.env, log);
  await agent.run();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`mysql-member: ${messageOf(error)}\n`);
  process.exit(1);
});
