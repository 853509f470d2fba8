import type { NoteUse, Operation } from '../checkers/history';
import { now, pause } from './clock';
import { retrying, type RetriedResult, type RetryPolicy } from './retry';
import { outcomeOfGet, parse, perSecondOf, servedBy, type Client } from './stream';

export interface WriterOptions {
  readonly stream?: 'write' | 'patient-write';
  /** @default 4 */
  readonly writers?: number;
  /** Notes a second, all writers together, while the service is quick. @default 20 */
  readonly perSecond?: number;
  readonly retry?: RetryPolicy;
}

/**
 * Writers that store numbered notes, one at a time each. They repeat a note with the same idempotency key until its
 * outcome is known, and read back each acknowledged note.
 */
export async function writers(client: Client, options: WriterOptions = {}): Promise<void> {
  const { stream = 'write', writers: count = 4, perSecond = 20, retry = patienceOf(client) } = options;
  const interval = (1000 * count) / perSecondOf(client, perSecond);
  await Promise.all(
    Array.from({ length: count }, async (_, writer) => {
      await pause((interval * writer) / count, client.stopping);
      for (let number = 1; !client.stopping.aborted; number += 1) {
        const next = now() + interval;
        const note = { key: `${client.runId}-${stream}-${writer}-${number}`, text: `${client.runId} ${stream} ${writer} note ${number}` };
        const operation = await write(client, stream, note, retry);
        client.record(operation);
        if (operation.outcome === 'acknowledged' && operation.note?.id) client.notes.push(operation.note);
        await pause(next - now(), client.stopping);
      }
    }),
  );
}

/** A single attempt with a long timeout, which shows whether users wait or see errors. */
export function patientWriter(client: Client): Promise<void> {
  return writers(client, {
    stream: 'patient-write',
    writers: 1,
    perSecond: 5,
    retry: { deadlineMilliseconds: 0, attemptMilliseconds: 30_000 },
  });
}

/** Reads notes that are known to exist, new ones as likely as all old ones together. */
export async function readers(client: Client, { perSecond = 10, retry = patienceOf(client) } = {}): Promise<void> {
  const interval = 1000 / perSecondOf(client, perSecond);
  while (!client.stopping.aborted) {
    const next = now() + interval;
    const note = client.random.next() < 0.5 ? client.notes.at(-1) : client.notes.length > 0 ? client.random.pick(client.notes) : undefined;
    if (note) client.record(await read(client, note, retry));
    await pause(next - now(), client.stopping);
  }
}

const patienceOf = ({ patienceMilliseconds }: Client): RetryPolicy => ({ deadlineMilliseconds: patienceMilliseconds });

async function write(client: Client, stream: Operation['stream'], note: NoteUse, retry?: RetryPolicy): Promise<Operation> {
  const start = now();
  const result = await retrying(
    client.target,
    {
      method: 'POST',
      path: '/api/notes',
      headers: { 'idempotency-key': note.key, 'x-request-id': note.key },
      body: JSON.stringify({ text: note.text }),
    },
    client.random,
    retry,
  );
  const base = { stream, start, end: now(), attempts: result.attempts, status: result.answer?.status ?? result.error?.status };
  const status = result.answer?.status;
  if (status === 200 || status === 201) {
    return { ...base, outcome: 'acknowledged', note: { ...note, id: noteId(result.answer!.body) }, servedBy: servedBy(result.answer!) };
  }
  return { ...base, outcome: result.maybeExecuted ? 'unknown' : 'failed', error: told(result), note };
}

async function read(client: Client, note: NoteUse, retry?: RetryPolicy): Promise<Operation> {
  const start = now();
  const result = await retrying(client.target, { method: 'GET', path: `/api/notes/${note.id}` }, client.random, retry);
  const base = { stream: 'read' as const, start, end: now(), attempts: result.attempts };
  // "No such note" is an answer; the checkers decide whether it was possible.
  if (result.answer?.status === 404)
    return { ...base, outcome: 'acknowledged', status: 404, note: { ...note, seen: null }, servedBy: servedBy(result.answer) };
  const seen = result.answer && noteText(result.answer.body);
  return { ...base, ...outcomeOfGet(result), note: { ...note, seen } };
}

function told(result: RetriedResult): string {
  return result.error?.message ?? `status ${result.answer?.status}: ${result.answer?.body.slice(0, 200)}`;
}

function noteId(body: string): string | undefined {
  const id = noteOf(body)?.id;
  return typeof id === 'number' || typeof id === 'string' ? String(id) : undefined;
}

function noteText(body: string): string | undefined {
  const text = noteOf(body)?.text;
  return typeof text === 'string' ? text : undefined;
}

/** The note itself, or the note with the names of the servers. */
function noteOf(body: string): Record<string, unknown> | undefined {
  const json = parse(body);
  const inner = json?.note;
  return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : json;
}
