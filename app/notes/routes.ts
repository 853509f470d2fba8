import { HttpError, type Reply, type Request, type Route } from '../http/exchange';
import type { Log } from '../log';
import type { Notes, Served } from './notes';

const LONGEST_TEXT = 1000;

export function notesRoutes(notes: Notes, hostName: string, log: Log): readonly Route[] {
  const retried =
    ({ requestId }: Request) =>
    (error: unknown, { number }: { number: number }) =>
      log('retry', { requestId, attempt: number, error: error instanceof Error ? error.message : String(error) });

  const reply = (status: number, served: Served<unknown>, request: Request, content: object, headers = {}): Reply => ({
    status,
    headers,
    body: { ...content, web: request.web, app: hostName, database: served.database },
    database: served.database,
  });

  return [
    [
      'GET',
      '/api/notes',
      async (request) => {
        const served = await notes.list(retried(request));
        return reply(200, served, request, { notes: served.value });
      },
    ],
    [
      'GET',
      '/api/notes/:id',
      async (request) => {
        const served = await notes.find(idOf(request), retried(request));
        if (!served.value) throw new HttpError(404, 'no-such-note', `there is no note ${request.params['id']}`);
        return reply(200, served, request, { note: served.value });
      },
    ],
    [
      'POST',
      '/api/notes',
      async (request) => {
        const key = keyOf(request);
        const text = textOf(await request.json());
        const served = await notes.create(text, key, retried(request));
        const { kind, note } = served.value;
        if (kind === 'other-text') {
          throw new HttpError(422, 'key-used-before', 'this Idempotency-Key belongs to a note with another text');
        }
        return reply(kind === 'created' ? 201 : 200, served, request, { note }, { Location: `/api/notes/${note.id}` });
      },
    ],
  ];
}

function idOf({ params }: Request): number {
  const id = Number(params['id']);
  if (!Number.isSafeInteger(id) || id < 1) throw new HttpError(404, 'no-such-note', 'the id of a note is a number');
  return id;
}

function keyOf({ headers }: Request): string {
  const key = headers['idempotency-key'];
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(key)) {
    throw new HttpError(
      400,
      'no-idempotency-key',
      'the header Idempotency-Key must hold 1 to 128 printable characters, e.g. a UUID, new for each note',
    );
  }
  return key;
}

function textOf(body: unknown): string {
  const text = typeof body === 'object' && body !== null && 'text' in body ? body.text : undefined;
  if (typeof text !== 'string' || text.trim() === '' || [...text].length > LONGEST_TEXT) {
    throw new HttpError(400, 'no-text', `the body must be {"text": "..."} with 1 to ${LONGEST_TEXT} characters`);
  }
  return text;
}
