import { createPool, type Pool, type PoolConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2';
import { connect, type Socket } from 'node:net';
import type { DatabaseConfig } from '../config';
import type { Database, Limits, Session, Value } from './database';
import { classify, NotConnected } from './errors';

/** A member that was frozen accepts connections and never greets. */
const CONNECT_TIMEOUT_MILLISECONDS = 2000;
/** Longer than any statement of this application takes; shorter than a failover, so that it is noticed. */
const STATEMENT_TIMEOUT_MILLISECONDS = 5000;

/** MySQL by way of the database router on this host: one pool for the PRIMARY and one for readers. */
export class MySqlDatabase implements Database {
  private readonly primary: Pool;
  private readonly readers: Pool;
  private readonly hostNames = new WeakMap<PoolConnection, string>();

  constructor(config: DatabaseConfig) {
    this.primary = pool(config, config.primaryPort);
    this.readers = pool(config, config.readersPort);
  }

  onPrimary<T>(limits: Limits, work: (session: Session) => Promise<T>): Promise<T> {
    return this.use(this.primary, limits, work);
  }

  onReader<T>(limits: Limits, work: (session: Session) => Promise<T>): Promise<T> {
    return this.use(this.readers, limits, work);
  }

  async close(): Promise<void> {
    await Promise.all([this.primary, this.readers].map((each) => new Promise((resolve) => each.end(resolve))));
  }

  private async use<T>(from: Pool, limits: Limits, work: (session: Session) => Promise<T>): Promise<T> {
    const { withinMilliseconds, statementMilliseconds: timeout = Math.min(withinMilliseconds, STATEMENT_TIMEOUT_MILLISECONDS) } = limits;
    const connection = await acquire(from, withinMilliseconds);
    try {
      const result = await work(new MySqlSession(connection, await this.hostNameOf(connection, timeout), timeout));
      connection.release();
      return result;
    } catch (error) {
      // A connection that led to a lost or demoted member must not serve the next request
      if (classify(error) === 'permanent') connection.release();
      else connection.destroy();
      throw error;
    }
  }

  private async hostNameOf(connection: PoolConnection, timeout: number): Promise<string> {
    const known = this.hostNames.get(connection);
    if (known !== undefined) return known;
    try {
      const [row] = await new MySqlSession(connection, '', timeout).query<{ name: string }>('SELECT @@hostname AS name');
      const name = row?.name ?? '';
      this.hostNames.set(connection, name);
      return name;
    } catch (error) {
      // The caller's own statement was not sent yet
      throw new NotConnected('the connection broke before it was used', { cause: error });
    }
  }
}

class MySqlSession implements Session {
  constructor(
    private readonly connection: PoolConnection,
    readonly hostName: string,
    private readonly timeout: number,
  ) {}

  query<Row>(sql: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    return new Promise((resolve, reject) => {
      this.connection.query<RowDataPacket[]>({ sql, timeout: this.timeout }, [...values], (error, rows) =>
        error ? reject(error) : resolve(rows as unknown as readonly Row[]),
      );
    });
  }

  execute(sql: string, values: readonly Value[] = []): Promise<ResultSetHeader> {
    return new Promise((resolve, reject) => {
      this.connection.query<ResultSetHeader>({ sql, timeout: this.timeout }, [...values], (error, result) =>
        error ? reject(error) : resolve(result),
      );
    });
  }
}

function pool(config: DatabaseConfig, port: number): Pool {
  const { tls } = config;
  const connections = Math.floor(config.connections / 2);
  const created = createPool({
    // The name that is verified, not the one that is connected to: behind the router it may be any member
    host: tls?.serverName ?? config.host,
    stream: () => socket(config.host, port),
    ...(tls && { ssl: { ca: tls.ca, rejectUnauthorized: true, verifyIdentity: true, minVersion: 'TLSv1.2' } }),
    user: config.user,
    password: config.password,
    database: config.name,
    charset: 'utf8mb4',
    timezone: 'Z',
    // A Date for each row would only become text again, for JSON: app/notes/notes.ts
    dateStrings: true,
    connectTimeout: CONNECT_TIMEOUT_MILLISECONDS,
    connectionLimit: connections,
    maxIdle: connections,
    // Idle connections are renewed now and then, so that they spread over the members again after one was away
    idleTimeout: 60_000,
    waitForConnections: true,
    queueLimit: 0,
  });
  // Its user hears of it by its own call; without a listener the second error of a connection would end the process
  created.on('connection', (connection) => connection.on('error', () => undefined));
  return created;
}

function socket(host: string, port: number): Socket {
  return connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
}

/** mysql2 waits without limit for a free connection; a request does not. */
function acquire(from: Pool, withinMilliseconds: number): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      reject(new NotConnected('no connection became free in time'));
    }, withinMilliseconds);
    from.getConnection((error, connection) => {
      clearTimeout(timer);
      if (error) reject(new NotConnected(`cannot connect to the database: ${error.message}`, { cause: error }));
      else if (late) connection.release();
      else resolve(connection);
    });
  });
}
