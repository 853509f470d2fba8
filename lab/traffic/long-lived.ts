import { now, pause } from './clock';
import { attempt, type Client } from './stream';

/**
 * Downloads one after the other, each read slowly enough to be under way for some seconds. Short ones count as failed, and so does
 * one that brings nothing for `silenceMilliseconds` when all clients are stopped.
 */
export async function downloads(client: Client, { bytes = 4_000_000, seconds = 8, silenceMilliseconds = 1000 } = {}): Promise<void> {
  while (!client.stopping.aborted) {
    const start = now();
    let received = 0;
    let last = start;
    const silence = abortWhen(() => client.stopping.aborted && now() - last > silenceMilliseconds);
    const { answer, error } = await attempt(client.target, {
      method: 'GET',
      path: `/api/download?bytes=${bytes}`,
      totalMilliseconds: (seconds + 20) * 1000,
      signal: silence.signal,
      onData: async (chunk) => {
        received += chunk.length;
        last = now();
        if (!client.stopping.aborted) await pause(start + (received / bytes) * seconds * 1000 - now(), client.stopping);
      },
    });
    silence.release();
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
    let last = now();
    const silence = abortWhen(() => now() - last > silenceMilliseconds);
    const done = AbortSignal.any([client.stopping, AbortSignal.timeout(seconds * 1000)]);
    const { answer, error } = await attempt(client.target, {
      method: 'GET',
      path: '/api/events',
      headers: { accept: 'text/event-stream' },
      totalMilliseconds: Infinity,
      signal: AbortSignal.any([silence.signal, done]),
      onData: () => {
        client.record({ stream: 'events', start: last, end: now(), outcome: 'acknowledged', status: 200 });
        last = now();
      },
    });
    silence.release();
    const silent = silence.signal.aborted;
    if (done.aborted && !silent) continue;
    const told = silent ? `no event for ${silenceMilliseconds} ms` : (error?.message ?? `the stream ended, status ${answer?.status}`);
    client.record({ stream: 'events', start: last, end: now(), outcome: 'failed', status: answer?.status ?? error?.status, error: told });
    await pause(200, client.stopping);
  }
}

/** Aborts as soon as the condition holds; looks ten times a second until it is released. */
function abortWhen(condition: () => boolean): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const timer = setInterval(() => condition() && controller.abort(), 100);
  return { signal: controller.signal, release: () => clearInterval(timer) };
}
