import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpError, type Request, type Route } from './http/exchange';

/** Path of a web socket on which nothing is said: for measuring, too. */
export const MEASURED_SOCKET = '/api/socket';

const CHUNK = Buffer.alloc(64 * 1024, 'abcdefghijklmnopqrstuvwxyz012345');
const MOST_BYTES = 1024 ** 3;
const LONGEST_MILLISECONDS = 30_000;

/** For tests of the way to the client: long answers, slow ones, and one that never ends. */
export function measuringRoutes(hostName: string): readonly Route[] {
  return [
    [
      'GET',
      '/api/download',
      (request) => {
        const bytes = numberOf(request, 'bytes', MOST_BYTES);
        const headers = { 'Content-Type': 'application/octet-stream', 'Content-Length': String(bytes) };
        return { status: 200, headers, body: Readable.from(chunks(bytes), { objectMode: false }) };
      },
    ],
    [
      'GET',
      '/api/slow',
      async (request) => {
        const ms = numberOf(request, 'ms', LONGEST_MILLISECONDS);
        await sleep(ms);
        return { status: 200, body: { ms, web: request.web, app: hostName, database: null } };
      },
    ],
    [
      'GET',
      '/api/events',
      (request) => ({
        status: 200,
        // Nginx must not collect the events before it passes them on
        headers: { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' },
        body: Readable.from(events(request, hostName), { objectMode: false }),
      }),
    ],
  ];
}

function* chunks(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= CHUNK.length) yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}

/** One a second until the client goes or the application stops; an EventSource then connects again by itself. */
async function* events({ signal, web }: Request, hostName: string): AsyncGenerator<string> {
  for (let number = 1; !signal.aborted; number++) {
    yield `id: ${number}\ndata: ${JSON.stringify({ number, time: new Date().toISOString(), web, app: hostName })}\n\n`;
    await sleep(1000, undefined, { signal }).catch(() => undefined);
  }
}

function numberOf({ url }: Request, name: string, most: number): number {
  const value = Number(url.searchParams.get(name) ?? NaN);
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new HttpError(400, 'bad-parameter', `${name} must be a whole number from 0 to ${most}`);
  }
  return value;
}
