import type { Database, Limits, Session, Value } from '../../app/database/database';
import { NotConnected } from '../../app/database/errors';

interface StoredRow {
  id: number;
  text: string;
  key: string;
  /** As MySQL writes a TIMESTAMP(3). */
  createdAt: string;
}

/** What happens to the next work on the PRIMARY: with "answer-lost" it is committed, but nobody hears of it; with "switched-over-after-commit" it is committed, and what follows is refused. */
export type Fault = 'no-connection' | 'read-only' | 'lost-before-commit' | 'answer-lost' | 'switched-over-after-commit';

/** The notes table in memory, at the port that the application uses; faults are queued. */
export class FakeDatabase implements Database {
  readonly rows: StoredRow[] = [];
  readonly faults: Fault[] = [];
  readerFaults = 0;
  /** Rows that readers do not have yet. */
  readerLag = 0;

  onPrimary<T>(_limits: Limits, work: (session: Session) => Promise<T>): Promise<T> {
    const fault = this.faults.shift();
    if (fault === 'no-connection') return Promise.reject(new NotConnected('refused'));
    return work(this.session('db-1', () => this.rows, fault));
  }

  onReader<T>(_limits: Limits, work: (session: Session) => Promise<T>): Promise<T> {
    if (this.readerFaults-- > 0) return Promise.reject(new NotConnected('refused'));
    return work(this.session('db-2', () => this.rows.slice(0, this.rows.length - this.readerLag)));
  }

  private session(hostName: string, visible: () => readonly StoredRow[], fault?: Fault): Session {
    return {
      hostName,
      query: async <Row>(sql: string, [value]: readonly Value[] = []) => {
        if (fault === 'switched-over-after-commit') throw mysqlError(4094);
        const rows = sql.includes('idempotency_key = ?')
          ? visible().filter(({ key }) => key === value)
          : sql.includes('id = ?')
            ? visible().filter(({ id }) => id === value)
            : [...visible()].reverse();
        return rows as readonly unknown[] as readonly Row[];
      },
      execute: async (_sql, [text, key] = []) => {
        if (fault === 'read-only') throw mysqlError(1290);
        if (fault === 'lost-before-commit') throw connectionLost();
        const insertId = this.insert(String(text), String(key));
        if (fault === 'answer-lost') throw connectionLost();
        return { insertId, affectedRows: 1 };
      },
    };
  }

  private insert(text: string, key: string): number {
    if (this.rows.some((row) => row.key === key)) throw mysqlError(1062);
    const id = this.rows.length + 1;
    this.rows.push({ id, text, key, createdAt: new Date(1000 * id).toISOString().replace('T', ' ').slice(0, -1) });
    return id;
  }
}

function mysqlError(errno: number): Error {
  return Object.assign(new Error(`MySQL error ${errno}`), { errno });
}

function connectionLost(): Error {
  return Object.assign(new Error('Connection lost'), { code: 'PROTOCOL_CONNECTION_LOST', fatal: true });
}
