import { setMaxListeners } from 'node:events';
import os from 'node:os';
import type { Operation } from '../checkers/history';
import { createRandom } from './random';
import type { Client } from './stream';
import type { FromWorker, ToWorker } from './traffic';
import { runWorkload, type StreamName } from './workload';

/** The process that sends the requests, so that the runner's own work does not change the latencies. */
const BATCH_MILLISECONDS = 100;

const stopping = new AbortController();
// Every pause of every stream listens.
setMaxListeners(0, stopping.signal);
let batch: Operation[] = [];

function send(message: FromWorker): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

async function flush(): Promise<void> {
  const operations = batch;
  batch = [];
  if (operations.length > 0) await send({ kind: 'operations', operations });
}

async function run(client: Client, streams: readonly StreamName[]): Promise<void> {
  const timer = setInterval(() => void flush(), BATCH_MILLISECONDS);
  let error: string | undefined;
  try {
    await runWorkload(client, streams);
  } catch (caught) {
    error = caught instanceof Error ? caught.stack : String(caught);
  }
  clearInterval(timer);
  await flush();
  await send({ kind: 'done', error });
  if (process.connected) process.disconnect();
}

process.on('message', (message: ToWorker) => {
  if (message.kind === 'stop') return stopping.abort();
  // The machines of the lab share this host; measuring goes first. Not allowed without privileges, and then not needed.
  try {
    os.setPriority(-5);
  } catch {
    /* measured without priority */
  }
  const client = {
    target: message.target,
    rate: message.rate,
    patienceMilliseconds: message.patienceMilliseconds,
    random: createRandom(message.seed),
    runId: message.runId,
    stopping: stopping.signal,
    notes: [],
    record: (operation: Operation) => void batch.push(operation),
  };
  void run(client, message.streams);
});
process.on('disconnect', () => stopping.abort());
// Signals reach the whole process group: the runner decides when the clients stop. They also stop when it is gone.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
