import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RowDataPacket } from 'mysql2';
import { createConnection, type Connection } from 'mysql2/promise';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../lab/faults';
import { SHARED } from '../../lab/machines/paths';
import { renderMyCnf } from '../../lib/config/my-cnf';
import { certificate } from './certificate';
import { MY_CNF } from './mysql-member';
import { freePort } from './ports';

/** Name in its certificate. */
export const TLS_NAME = 'mysql.internal';
const START_MS = 60_000;
/** What mysql-prepare adds on a server of 4 GB, as far as it matters without a group. */
const OF_4_GIGABYTES = ['--innodb-buffer-pool-size=2048M', '--innodb-redo-log-capacity=512M'];

/**
 * Root folder of a system that has mysqld: MYSQL_ROOT, this machine, or a database member of a lab that runs here.
 * Undefined: there is none.
 */
export function mysqlRoot(): string | undefined {
  const labs = existsSync(SHARED) ? readdirSync(SHARED).map((lab) => join(SHARED, lab, 'machines')) : [];
  const machines = labs.filter(existsSync).flatMap((folder) => readdirSync(folder).map((machine) => join(folder, machine)));
  return [process.env['MYSQL_ROOT'] ?? '/', ...machines].find(
    (root) => spawnSync('chroot', [root, '/usr/sbin/mysqld', '--no-defaults', '--version']).status === 0,
  );
}

/**
 * A mysqld on loopback with the rendered my.cnf, word for word but for its folders and user. It belongs to no group and may write.
 * Needs root. Of the system that it comes from it changes nothing.
 */
export class Mysqld {
  readonly folder = mkdtempSync(join(tmpdir(), 'mysqld-'));
  readonly ca: string;
  #process: ChildProcess | undefined;

  private constructor(
    private readonly root: string,
    readonly port: number,
  ) {
    const authority = certificate('authority', undefined, 'basicConstraints=critical,CA:TRUE');
    const own = certificate(TLS_NAME, authority, `subjectAltName=DNS:${TLS_NAME}`);
    this.ca = authority.certificate;
    chmodSync(this.folder, 0o755);
    for (const name of ['run', 'tls', 'data-tmp']) mkdirSync(join(this.folder, name));
    const rendered = renderMyCnf({ ...MY_CNF, address: '127.0.0.1', port, dataFolder: '/mnt/data', tlsFolder: '/mnt/tls' })
      .replaceAll('/run/mysqld/', '/mnt/run/')
      .replace('user = mysql', 'user = root');
    const files = { 'my.cnf': rendered, 'tls/ca.pem': this.ca, 'tls/server.pem': own.certificate, 'tls/server.key': own.key };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(this.folder, name), content, { mode: 0o600 });
  }

  /** Answers when it returns. @throws if it does not within a minute */
  static async start(root: string): Promise<Mysqld> {
    const mysqld = new Mysqld(root, await freePort());
    try {
      const [code] = (await once(mysqld.#run('--initialize-insecure'), 'exit')) as [number | null];
      if (code !== 0) throw new Error(`mysqld --initialize-insecure ended with ${code}: ${mysqld.#said()}`);
      mysqld.#process = mysqld.#run(...OF_4_GIGABYTES);
      await until('mysqld answers', () => mysqld.asRoot(async () => true).catch(() => false), START_MS);
      await mysqld.asRoot((connection) => connection.query('SET GLOBAL super_read_only = OFF, read_only = OFF'));
      return mysqld;
    } catch (error) {
      await mysqld.stop();
      throw error;
    }
  }

  get pid(): number {
    if (!this.#process?.pid || this.#process.exitCode !== null) throw new Error(`mysqld does not run: ${this.#said()}`);
    return this.#process.pid;
  }

  /** `8.4.10` */
  async version(): Promise<string> {
    const [[row]] = await this.asRoot((connection) => connection.query<RowDataPacket[]>('SELECT VERSION() AS version'));
    return String(row?.['version']);
  }

  async asRoot<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await createConnection({ socketPath: join(this.folder, 'run/mysqld.sock'), user: 'root' });
    try {
      return await work(connection);
    } finally {
      connection.destroy();
    }
  }

  async stop(): Promise<void> {
    if (this.#process?.exitCode === null) {
      this.#process.kill('SIGTERM');
      await once(this.#process, 'exit');
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** In a mount namespace of its own, where the system that it comes from has this folder as /mnt. */
  #run(...options: string[]): ChildProcess {
    const script = 'mount --bind "$1" "$2/mnt" && exec chroot "$2" /usr/sbin/mysqld --defaults-file=/mnt/my.cnf "${@:3}" 2>>"$1/journal"';
    const words = ['--mount', '--propagation', 'private', 'bash', '-c', script, 'mysqld', this.folder, this.root, ...options];
    return spawn('unshare', words, { stdio: 'ignore' });
  }

  #said(): string {
    const journal = join(this.folder, 'journal');
    return existsSync(journal) ? readFileSync(journal, 'utf8').trim().split('\n').slice(-5).join('\n') : 'nothing';
  }
}
