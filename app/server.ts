import { readConfig } from './config';
import { migrate, requireMigrated } from './database/migrations';
import { MySqlDatabase } from './database/mysql';
import { realClock } from './database/retry';
import { healthRoutes } from './health';
import { HttpServer } from './http/http-server';
import { log } from './log';
import { MEASURED_SOCKET, measuringRoutes } from './measuring';
import { Notes } from './notes/notes';
import { notesRoutes } from './notes/routes';

/** Less than TimeoutStopSec of the unit, more than any request waits for the database. */
const DRAIN_MILLISECONDS = 27_000;

async function main(): Promise<void> {
  const config = readConfig();
  const { hostName } = config;
  const database = new MySqlDatabase(config.database);
  let notReady: string | undefined = 'migrations have not run yet';

  const server: HttpServer = new HttpServer({
    hostName,
    log,
    webSocketPath: MEASURED_SOCKET,
    routes: [
      ...healthRoutes({ hostName, database, log, notReadyBecause: () => (server.draining ? 'stopping' : notReady) }),
      ...notesRoutes(new Notes(database, realClock), hostName, log),
      ...measuringRoutes(hostName),
    ],
  });
  process.once('SIGTERM', () => void stop(server));
  process.once('SIGINT', () => void stop(server));

  await server.listen(config.port, config.host);
  log('listening', { host: config.host, port: config.port });
  await untilMigrated(config.migratesElsewhere ? () => requireMigrated(database) : () => migrate(database));
  notReady = undefined;
  log('ready');
}

/** The database may come up after the application, or fail over right now. */
async function untilMigrated(attempt: () => Promise<readonly number[] | void>): Promise<void> {
  for (;;) {
    try {
      const applied = await attempt();
      if (applied && applied.length > 0) log('migrated', { migrations: applied.join(' ') });
      return;
    } catch (error) {
      log('migration-failed', { error: error instanceof Error ? error.message : String(error) });
      await realClock.sleep(500 + 500 * realClock.random());
    }
  }
}

async function stop(server: HttpServer): Promise<void> {
  log('stopping');
  await server.drain(DRAIN_MILLISECONDS);
  log('stopped');
  // Idle database connections need no goodbye
  process.exit(0);
}

main().catch((error: unknown) => {
  log('fatal', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exit(1);
});
