import { Agent } from './agent';
import { CONFIG_FILE, readConfig, replicationPassword } from './config';
import { operate } from './operator';
import { controlServer, healthServer, listenOn, listenOnSocket } from './server';
import { feedWatchdog } from './watchdog';

/** `mysql-member.js` is the agent; `mysql-member.js operator VERB` is the command platform-mysql. */
async function main(args: readonly string[]): Promise<void> {
  const config = await readConfig(process.env['MYSQL_MEMBER_CONFIG'] ?? CONFIG_FILE);
  if (args[0] === 'operator') {
    process.exitCode = await operate(config, args.slice(1));
    return;
  }
  const log = (line: string) => process.stdout.write(`${line}\n`);
  const agent = new Agent(config, replicationPassword, log);
  listenOnSocket(controlServer(agent), config.controlSocket);
  listenOn(healthServer(agent), { host: config.address, port: config.healthPort }, log);
  feedWatchdog(process.env, log);
  await agent.run();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`mysql-member: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
