import { readMigrationDatabase } from './config';
import { migrate } from './database/migrations';
import { MySqlDatabase } from './database/mysql';
import { realClock } from './database/retry';
import { log } from './log';

/** In the first deploy the group is founded when all of its members are there, up to nine one after another; a failover takes seconds. */
const WITHIN_MILLISECONDS = 900_000;

/** Brings the schema up to date by the account that may change it, before a new release of the application starts. */
async function main(): Promise<void> {
  const database = new MySqlDatabase(readMigrationDatabase());
  const deadline = Date.now() + WITHIN_MILLISECONDS;
  for (;;) {
    try {
      log('migrated', { migrations: (await migrate(database)).join(' ') || 'none' });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      log('migration-failed', { error: error instanceof Error ? error.message : String(error) });
      await realClock.sleep(500 + 500 * realClock.random());
    }
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    log('fatal', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exit(1);
  },
);
