import { now, pause } from './clock';
import { attempt, type Client } from './stream';

/**
 * Downloads one after the other, each read slowly enough to be under way for some seconds. Short ones count as failed, and so does
 * one that brings nothing for `silenceMilliseconds` when all clients are told to stop.
 */
export async function downloads(client: Client, { bytes = 4_000_000, seconds = 8, silenceMilliseconds = 1000 } = {}): Promise<void> {
  while (!client.stopping.aborted) {
    const start = now();
    const connection = new AbortController();
    let received = 0;
    let last = start;
    const watch = setInterval(() => {
      if (client.stopping.aborted && now() - last > silenceMilliseconds) connection.abort();
    }, 100);
    const { answer, error } = await attempt(client.target, {
      method: 'GET',
      path: `/api/download?bytes=${bytes}`,
      totalMilliseconds: (seconds + 20) * 1000,
      signal: connection.signal,
      onData: async (chunk) => {
        received += chunk.length;
        last = now();
        if (!client.stopping.aborted) await pause(start + (received / bytes) * seconds * 1000 - now(), client.stopping);
      },
    });
    clearInterval(watch);
    const complete = answer?.status === 200 && received === bytes;
    const told = error?.message ?? (answer?.status === 200 ? `the answer ended early` : `status ${answer?.status}`);
    client.record({
      stream: 'download',
      start,
      end: now(),
      outcome: complete ? 'acknowledged' : 'failed',
      status: answer?.status ?? error?.status,
      error: complete ? undefined : `${told} (${received} of ${bytes} bytes)`,
    });
    if (!complete) await pause(500, client.stopping);
  }
}

/** Listens to server-sent events, `seconds` a connection. Each event that arrives in time is one success. */
export async function events(client: Client, { seconds = 20, silenceMilliseconds = 3000 } = {}): Promise<void> {
  while (!client.stopping.aborted) {
    const connection = new AbortController();
    const stop = () => connection.abort();
    client.stopping.addEventListener('abort', stop, { once: true });
    let last = now();
    let silent = false;
    const end = setTimeout(stop, seconds * 1000);
    const watch = setInterval(() => {
      silent = now() - last > silenceMilliseconds;
      if (silent) connection.abort();
    }, 100);
    const { answer, error } = await attempt(client.target, {
      method: 'GET',
      path: '/api/events',
      headers: { accept: 'text/event-stream' },
      totalMilliseconds: Infinity,
      signal: connection.signal,
      onData: () => {
        client.record({ stream: 'events', start: last, end: now(), outcome: 'acknowledged', status: 200 });
        last = now();
      },
    });
    clearTimeout(end);
    clearInterval(watch);
    client.stopping.removeEventListener('abort', stop);
    if (connection.signal.aborted && !silent) continue;
    const told = silent ? `no event for ${silenceMilliseconds} ms` : (error?.message ?? `the stream ended, status ${answer?.status}`);
    client.record({ stream: 'events', start: last, end: now(), outcome: 'failed', status: answer?.status ?? error?.status, error: told });
    await pause(200, client.stopping);
  }
}
