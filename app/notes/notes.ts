import type { Database, Session } from '../database/database';
import { afterExecuted, isDuplicate } from '../database/errors';
import { retry, type Attempt, type Clock } from '../database/retry';

export interface Note {
  readonly id: number;
  readonly text: string;
  readonly createdAt: string;
}

export interface Served<T> {
  readonly value: T;
  /** Host name of the MySQL member that answered. */
  readonly database: string;
}

export type Created = { readonly kind: 'created' | 'repeated'; readonly note: Note } | { readonly kind: 'other-text'; readonly note: Note };

/** Longest that a user waits. A failover takes 9 s at most; the load balancers and web servers wait longer than this. */
export const WITHIN_MILLISECONDS = 25_000;
const LISTED = 50;
const COLUMNS = 'id, text, created_at AS createdAt';

/** `createdAt` as MySQL writes it, in UTC: `2026-11-30 14:00:00.123`. */
type Row = { id: number; text: string; createdAt: string };
type Retried = (error: unknown, attempt: Attempt) => void;

export class Notes {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** The latest first. Read from any member: what another user has just written may follow a moment later. */
  list(onRetry?: Retried): Promise<Served<readonly Note[]>> {
    return this.retried(onRetry, (limits) =>
      this.database.onReader(limits, async (session) => {
        const rows = await session.query<Row>(`SELECT ${COLUMNS} FROM notes ORDER BY id DESC LIMIT ${LISTED}`);
        return { value: rows.map(noteOf), database: session.hostName };
      }),
    );
  }

  /** A reader that does not have it yet proves nothing: only the PRIMARY knows that a note does not exist. */
  find(id: number, onRetry?: Retried): Promise<Served<Note | undefined>> {
    const select = async (session: Session) => {
      const [row] = await session.query<Row>(`SELECT ${COLUMNS} FROM notes WHERE id = ?`, [id]);
      return { value: row && noteOf(row), database: session.hostName };
    };
    return this.retried(onRetry, async (limits) => {
      const found = await this.database.onReader(limits, select);
      return found.value ? found : this.database.onPrimary(limits, select);
    });
  }

  /**
   * Creates a note once, however often it is asked for with the same key. A commit whose answer was lost is settled
   * by the unique key: the next attempt either inserts the row or finds the one that is there.
   */
  create(text: string, key: string, onRetry?: Retried): Promise<Served<Created>> {
    return this.retried(onRetry, (limits) =>
      this.database.onPrimary(limits, async (session) => ({
        value: await insertOrFind(session, text, key, limits.afterUnclear),
        database: session.hostName,
      })),
    );
  }

  /** Reads, and writes with a key: both harmless to repeat. */
  private retried<T>(onRetry: Retried | undefined, work: (attempt: Attempt & { withinMilliseconds: number }) => Promise<T>): Promise<T> {
    const options = { clock: this.clock, withinMilliseconds: WITHIN_MILLISECONDS, harmless: true, onRetry };
    return retry(options, (attempt) => work({ ...attempt, withinMilliseconds: attempt.remainingMilliseconds }));
  }
}

async function insertOrFind(session: Session, text: string, key: string, afterUnclear: boolean): Promise<Created> {
  let inserted = true;
  try {
    await session.execute('INSERT INTO notes (text, idempotency_key) VALUES (?, ?)', [text, key]);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    inserted = false;
  }
  const reading = session.query<Row>(`SELECT ${COLUMNS} FROM notes WHERE idempotency_key = ?`, [key]);
  const [row] = await (inserted ? afterExecuted(reading) : reading);
  if (!row) throw new Error(`the note with key ${key} is gone`);
  const note = noteOf(row);
  if (note.text !== text) return { kind: 'other-text', note };
  // After an unclear attempt the row is most likely that attempt's: to this client it is new
  return { kind: inserted || afterUnclear ? 'created' : 'repeated', note };
}

function noteOf({ id, text, createdAt }: Row): Note {
  return { id, text, createdAt: `${createdAt.replace(' ', 'T')}Z` };
}
