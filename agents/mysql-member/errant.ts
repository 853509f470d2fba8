import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { RowDataPacket } from 'mysql2/promise';
import type { Tools } from './actions';
import { connect } from './database';
import { formatGtidSet, parseGtidSet, union } from './gtid';

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
  await writeFile(join(config.errantFolder, `${name}.gtids`), `${errant}\n`, { mode: 0o600, flush: true });
  log(`errant transactions ${errant} lie in ${target}`);
}

/** The GTID set of all complete dumps. */
export async function setAside(folder: string): Promise<string> {
  const files = await readdir(folder).catch(() => []);
  const sets = files.filter((file) => file.endsWith('.gtids')).map((file) => readFile(join(folder, file), 'utf8'));
  return formatGtidSet(union(...(await Promise.all(sets)).map((text) => parseGtidSet(text))));
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
