import type { Database } from './database/database';
import { HttpError, type Route } from './http/exchange';
import type { Log } from './log';

export interface HealthOptions {
  readonly hostName: string;
  readonly database: Database;
  readonly log: Log;
  /** Says why requests cannot be served yet, or any more. */
  readonly notReadyBecause: () => string | undefined;
}

/** Shorter than the timeout of every health check. */
const WITHIN_MILLISECONDS = 2000;

export function healthRoutes({ hostName, database, log, notReadyBecause }: HealthOptions): readonly Route[] {
  const ask = () =>
    database.onReader({ withinMilliseconds: WITHIN_MILLISECONDS, statementMilliseconds: WITHIN_MILLISECONDS }, async (session) => {
      await session.query('SELECT 1');
      return session.hostName;
    });
  return [
    // The process is alive; nothing else is asked, or a database that fails over would restart all app servers
    ['GET', '/healthz', () => ({ status: 200, body: { status: 'ok', app: hostName } })],
    [
      'GET',
      '/readyz',
      async () => {
        const reason = notReadyBecause();
        if (reason !== undefined) throw new HttpError(503, 'not-ready', reason);
        const member = await ask().catch((error: unknown) => {
          // Everybody may ask here: what MySQL says, with its addresses and accounts, goes to the journal alone
          log('no-database', { error: error instanceof Error ? error.message : String(error) });
          throw new HttpError(503, 'not-ready', 'no database');
        });
        return { status: 200, body: { status: 'ready', app: hostName, database: member }, database: member };
      },
    ],
    [
      'GET',
      '/api/whoami',
      async (request) => {
        const member = await ask().catch(() => null);
        return { status: 200, body: { web: request.web, app: hostName, database: member, requestId: request.requestId } };
      },
    ],
  ];
}
