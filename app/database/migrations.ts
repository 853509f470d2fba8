import type { Database, Session } from './database';

export interface Migration {
  readonly id: number;
  /**
   * One statement that may be repeated (`CREATE TABLE IF NOT EXISTS`): MySQL commits it by itself, so a failover can
   * come between it and the note that it has run. Tables need a primary key, Group Replication refuses others.
   * The old release still runs while the new one migrates: only add, and remove in a later release.
   */
  readonly sql: string;
}

export const MIGRATIONS: readonly Migration[] = [
  {
    id: 1,
    sql: `CREATE TABLE IF NOT EXISTS notes (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      text VARCHAR(1000) NOT NULL,
      idempotency_key VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
      UNIQUE KEY notes_idempotency_key (idempotency_key)
    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
  },
];

const RECORD =
  'CREATE TABLE IF NOT EXISTS migrations (id INT UNSIGNED NOT NULL PRIMARY KEY, applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP) ENGINE=InnoDB';
/** A change of a large table takes its time; its connection is cut when the PRIMARY is lost. */
const LIMITS = { withinMilliseconds: 10_000, statementMilliseconds: 3_600_000 };

/**
 * Brings the schema up to date, once, however many app servers start at the same time: they take turns by a lock on
 * the PRIMARY. If that fails over in the middle, this throws, and running it again goes on where it stopped.
 */
export async function migrate(database: Database, migrations: readonly Migration[] = MIGRATIONS): Promise<readonly number[]> {
  const applied = await database.onPrimary(LIMITS, (session) => withLock(session, () => applyMissing(session, migrations)));
  await requireMigrated(database, migrations);
  return applied;
}

/** @throws while a member lacks one, also where another server runs them */
export async function requireMigrated(database: Database, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  await database.onReader(LIMITS, async (session) => {
    if (!(await hasAll(session, migrations))) throw new Error(`${session.hostName} does not have the latest migration yet`);
  });
}

async function applyMissing(session: Session, migrations: readonly Migration[]): Promise<readonly number[]> {
  await session.execute(RECORD);
  const known = await appliedIds(session);
  const missing = migrations.filter(({ id }) => !known.has(id));
  for (const { id, sql } of missing) {
    await session.execute(sql);
    await session.execute('INSERT IGNORE INTO migrations (id) VALUES (?)', [id]);
  }
  return missing.map(({ id }) => id);
}

async function hasAll(session: Session, migrations: readonly Migration[]): Promise<boolean> {
  const known = await appliedIds(session);
  return migrations.every(({ id }) => known.has(id));
}

async function appliedIds(session: Session): Promise<ReadonlySet<number>> {
  const rows = await session.query<{ id: number }>('SELECT id FROM migrations');
  return new Set(rows.map(({ id }) => id));
}

/** The lock belongs to the connection: it is gone when the holder or the PRIMARY is. */
async function withLock<T>(session: Session, work: () => Promise<T>): Promise<T> {
  const [row] = await session.query<{ taken: number | null }>("SELECT GET_LOCK('app.migrations', 3) AS taken");
  if (row?.taken !== 1) throw new Error('another app server is migrating');
  try {
    return await work();
  } finally {
    await session.query("SELECT RELEASE_LOCK('app.migrations')");
  }
}
