import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../../lab/faults';
import { bundleProgram } from '../../../lib/build/bundle';
import { freePort } from '../../helpers/ports';
import { TLS_NAME, type Mysqld } from '../../helpers/mysqld';

/** Why a benchmark has no database, and what to do. */
export const NO_MYSQLD = 'no mysqld here: start a lab with a database (make up), or name a root folder that has one (MYSQL_ROOT)';
const PASSWORD = 'benchmark';
const START_MS = 30_000;

/** The sample application as it is released, one bundled file, with a mysqld: both pools lead to it, as where there is no reader. */
export class Sample {
  private constructor(
    readonly port: number,
    readonly process: ChildProcess,
    /** Where its profile is written when it ends, if one was wanted. */
    readonly profiles: string,
  ) {}

  static async start(mysqld: Mysqld, { profiled = false, entryPoint = 'app/server.ts' } = {}): Promise<Sample> {
    await mysqld.asRoot(async (connection) => {
      await connection.query('CREATE DATABASE IF NOT EXISTS app');
      await connection.query(`CREATE USER IF NOT EXISTS app@'%' IDENTIFIED BY '${PASSWORD}' REQUIRE SSL`);
      await connection.query("GRANT ALL ON app.* TO app@'%'");
    });
    const [folder, profiles] = [join(mysqld.folder, 'app'), join(mysqld.folder, 'profiles')];
    mkdirSync(folder, { recursive: true });
    const files = { 'server.cjs': bundleProgram(entryPoint), 'mysql-app-password': PASSWORD, 'internal-ca.pem': mysqld.ca };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const port = await freePort();
    const started = spawn(
      process.execPath,
      [...(profiled ? ['--cpu-prof', '--cpu-prof-interval', '200', '--cpu-prof-dir', profiles] : []), join(folder, 'server.cjs')],
      {
        // A line of the log is one write to a pipe, as it is one to the journal's socket
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          HOST_NAME: 'app-1',
          PORT: String(port),
          CREDENTIALS_DIRECTORY: folder,
          DATABASE_HOST: '127.0.0.1',
          DATABASE_PRIMARY_PORT: String(mysqld.port),
          DATABASE_READERS_PORT: String(mysqld.port),
          DATABASE_TLS_NAME: TLS_NAME,
        },
      },
    );
    started.stdout.resume();
    const sample = new Sample(port, started, profiles);
    await until(
      'the application is ready',
      () =>
        fetch(sample.url('/readyz')).then(
          ({ ok }) => ok,
          () => false,
        ),
      START_MS,
    );
    return sample;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    this.process.kill('SIGTERM');
    await once(this.process, 'exit');
  }
}
