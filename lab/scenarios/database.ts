import type { MemberRows, Operation } from '../checkers';
import { onMachine, tryOnMachine } from '../faults';
import type { Lab } from '../lab';
import { now, pause } from '../traffic';
import { repeatedly, type Repeated } from './repeatedly';
import { DUMPS } from './units';

/** The sample application's table. */
const TABLE = 'app.notes';
const COLUMNS = { id: 'id', key: 'idempotency_key', text: 'text' } as const;

/** The statement that stores a note without the application. */
export function insertNote(key: string, text: string): string {
  return `INSERT INTO ${TABLE} (${COLUMNS.key}, ${COLUMNS.text}) VALUES ('${key}', '${text}')`;
}

/** Runs as root on the machine's socket, so that no router, pool or cut link interferes. */
function sql(statement: string): string {
  return `mysql --batch --skip-column-names --connect-timeout=2 --execute=${quote(statement)}`;
}

export function query(lab: Lab, member: string, statement: string, timeoutSeconds = 20): Promise<string> {
  return onMachine(lab, member, sql(statement), timeoutSeconds);
}

/** The notes of this run that a member holds. Keys and texts of runs hold no tabs or line ends. */
export async function rowsOf(lab: Lab, member: string, runId: string): Promise<MemberRows> {
  const output = await query(
    lab,
    member,
    `SELECT ${COLUMNS.id}, ${COLUMNS.key}, ${COLUMNS.text} FROM ${TABLE} WHERE ${COLUMNS.key} LIKE '${runId}-%' ORDER BY ${COLUMNS.id}`,
    60,
  );
  const rows = output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
  return { member, rows: rows.map(([id, key, text]) => ({ id: id!, key: key!, text: text! })) };
}

/** All members' rows, once they have applied what they received: a secondary may be some transactions behind. */
export async function rowsOfAll(lab: Lab, members: readonly string[], runId: string, patienceMilliseconds = 30_000): Promise<MemberRows[]> {
  const deadline = now() + patienceMilliseconds;
  for (;;) {
    const all = await Promise.all(members.map((member) => rowsOf(lab, member, runId)));
    if (new Set(all.map(({ rows }) => rows.length)).size === 1 || now() > deadline) return all;
    await pause(500);
  }
}

/** Keys of this run's notes in the dumps of members, which hold the notes that left the database. */
export async function keysSetAside(lab: Lab, members: readonly string[], runId: string): Promise<string[]> {
  const search = `find ${DUMPS} -name '*.sql' -exec grep --only-matching --no-filename "'${runId}-[a-z0-9-]*'" {} +`;
  const found = await Promise.all(members.map((member) => tryOnMachine(lab, member, search, 60)));
  return [
    ...new Set(
      found
        .flatMap(({ stdout }) => stdout.split('\n'))
        .map((key) => key.replaceAll("'", ''))
        .filter((key) => key !== ''),
    ),
  ];
}

/** Writes to one member directly, four times a second, like a client that still takes it for the PRIMARY. */
export function startDirectWrites(lab: Lab, member: string, runId: string, record: (operation: Operation) => void): Repeated {
  const writeOnce = async (number: number) => {
    const note = { key: `${runId}-direct-${member}-${number}`, text: `${runId} direct note ${number} to ${member}` };
    const start = now();
    const { exitCode, stderr } = await tryOnMachine(lab, member, sql(insertNote(note.key, note.text)), 40);
    // A statement that the server refused was not executed; after a broken connection the outcome is unknown.
    const refused = /ERROR (?!2013|2006)\d+/.test(stderr);
    const outcome = exitCode === 0 ? 'acknowledged' : refused ? 'failed' : 'unknown';
    record({
      stream: 'direct-write',
      start,
      end: now(),
      outcome,
      note,
      member,
      error: exitCode === 0 ? undefined : stderr.trim().slice(-200) || 'no answer',
    });
  };
  return repeatedly(250, writeOnce);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
