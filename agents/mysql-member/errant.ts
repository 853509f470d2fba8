import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { RowDataPacket } from 'mysql2/promise';
import type { Tools } from './actions';
import { connect } from './database';

/** Of the file that says what a dump holds. */
const SET = '.gtids';

/**
 * Writes the transactions that only this member has into a file of SQL, so that a person can judge them and
 * `mysql < file` can repeat them; a file with the set beside it says that the dump is complete.
 */
export async function dumpErrant(errant: string, { config, log }: Tools): Promise<void> {
  await mkdir(config.errantFolder, { recursive: true, mode: 0o700 });
  const name = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const target = join(config.errantFolder, `${name}.sql`);
  const logs = await binaryLogs(config);
  const dump = spawn(
    'mysqlbinlog',
    [
      '--read-from-remote-server',
      `--socket=${config.localAccount.socket}`,
      `--user=${config.localAccount.user}`,
      '--verbose',
      `--include-gtids=${errant}`,
      // repeated, they get numbers of the group: under their old ones MySQL would skip what shares its name with another
      '--skip-gtids',
      ...logs,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let complaint = '';
  dump.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-2000)));
  const ended = new Promise<number | null>((resolve, reject) => dump.on('close', resolve).on('error', reject));
  await Promise.all([pipeline(dump.stdout, createWriteStream(`${target}.part`, { mode: 0o600 })), ended]);
  const code = await ended;
  if (code !== 0) throw new Error(`mysqlbinlog ended with ${code}: ${complaint.trim()}`);
  await sync(`${target}.part`);
  await rename(`${target}.part`, target);
  await writeFile(join(config.errantFolder, `${name}${SET}`), `${errant}\n`, { mode: 0o600, flush: true });
  log(`errant transactions ${errant} lie in ${target}`);
}

export interface Dump {
  readonly file: string;
  /** GTID set of what it holds. Two dumps may name different transactions alike. */
  readonly gtids: string;
}

/** All complete dumps, the oldest first. */
export async function dumpsIn(folder: string): Promise<readonly Dump[]> {
  const files = await readdir(folder).catch(() => []);
  const names = files
    .filter((file) => file.endsWith(SET))
    .map((file) => file.slice(0, -SET.length))
    .sort();
  return Promise.all(
    names.map(async (name) => ({
      file: join(folder, `${name}.sql`),
      gtids: (await readFile(join(folder, `${name}${SET}`), 'utf8')).trim(),
    })),
  );
}

async function binaryLogs(config: Tools['config']): Promise<string[]> {
  const session = await connect(config.localAccount);
  try {
    const [rows] = await session.query<RowDataPacket[]>('SHOW BINARY LOGS');
    return rows.map((row) => String(row['Log_name']));
  } finally {
    session.destroy();
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
