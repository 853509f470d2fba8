import type { Database } from './database/database';
import { HttpError, type Route } from './http/exchange';

export interface HealthOptions {
  readonly hostName: string;
  readonly database: Database;
  /** Says why requests cannot be served yet, or any more. */
  readonly notReadyBecause: () => string | undefined;
}

/** Shorter than whoever asks is willing to wait. */
const WITHIN_MILLISECONDS = 2000;

export function healthRoutes({ hostName, database, notReadyBecause }: HealthOptions): readonly Route[] {
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
          throw new HttpError(503, 'not-ready', `no database: ${error instanceof Error ? error.message : String(error)}`);
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
