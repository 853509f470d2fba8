import { expect, test } from 'vitest';
import type { Database, Session, Value } from '../../../app/database/database';
import { migrate, MIGRATIONS, type Migration } from '../../../app/database/migrations';

const migrations: readonly Migration[] = [
  { id: 1, sql: 'CREATE TABLE IF NOT EXISTS one (id INT PRIMARY KEY)' },
  { id: 2, sql: 'CREATE TABLE IF NOT EXISTS two (id INT PRIMARY KEY)' },
];

/** Remembers what has run; breaks before the statement that contains `breakAt`. */
class FakeSchema implements Database {
  readonly statements: string[] = [];
  readonly applied = new Set<number>();
  locked = false;
  lagging = false;
  breakAt: string | undefined;

  onPrimary<T>(_: object, work: (session: Session) => Promise<T>): Promise<T> {
    return work(this.session(() => this.applied));
  }

  onReader<T>(_: object, work: (session: Session) => Promise<T>): Promise<T> {
    return work(this.session(() => (this.lagging ? new Set() : this.applied)));
  }

  private session(visible: () => ReadonlySet<number>): Session {
    return {
      hostName: 'db-1',
      query: async <Row>(sql: string) => {
        const rows: readonly unknown[] = sql.includes('GET_LOCK') ? [{ taken: this.locked ? 0 : 1 }] : [...visible()].map((id) => ({ id }));
        return rows as readonly Row[];
      },
      execute: async (sql: string, [id]: readonly Value[] = []) => {
        if (this.breakAt && sql.includes(this.breakAt)) throw new Error('connection lost');
        if (sql.startsWith('INSERT')) this.applied.add(Number(id));
        else this.statements.push(sql);
        return { insertId: 0, affectedRows: 1 };
      },
    };
  }
}

test('runs what is missing, in order, and nothing the next time', async () => {
  const schema = new FakeSchema();
  expect(await migrate(schema, migrations)).toEqual([1, 2]);
  expect(await migrate(schema, migrations)).toEqual([]);
  expect(schema.statements.filter((sql) => migrations.some((migration) => migration.sql === sql))).toHaveLength(2);
});

test('goes on where a failover has stopped it', async () => {
  const schema = new FakeSchema();
  schema.breakAt = 'two';
  await expect(migrate(schema, migrations)).rejects.toThrow('connection lost');
  schema.breakAt = undefined;
  expect(await migrate(schema, migrations)).toEqual([2]);
});

test('leaves it to the app server that holds the lock', async () => {
  const schema = new FakeSchema();
  schema.locked = true;
  await expect(migrate(schema, migrations)).rejects.toThrow('another app server is migrating');
  expect(schema.statements).toEqual([]);
});

test('is not done before readers have the change', async () => {
  const schema = new FakeSchema();
  schema.lagging = true;
  await expect(migrate(schema, migrations)).rejects.toThrow('db-1 does not have the latest migration yet');
});

test('every migration may be repeated, and every table has a primary key', () => {
  for (const { sql } of MIGRATIONS) expect(sql).toMatch(/^CREATE TABLE IF NOT EXISTS [\s\S]*PRIMARY KEY/);
});
