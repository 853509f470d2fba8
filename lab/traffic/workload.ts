import { downloads, events } from './long-lived';
import { patientWriter, readers, writers } from './notes';
import { getMix, keepAlive, probes } from './reading';
import type { Client } from './stream';

/** The kinds of clients by name, for scenarios and for the command line of the child process. */
export const STREAMS = {
  probes: (client) => probes(client),
  keepAlive: (client) => keepAlive(client),
  getMix: (client) => getMix(client),
  writers: (client) => writers(client),
  patientWriter: (client) => patientWriter(client),
  readers: (client) => readers(client),
  downloads: (client) => downloads(client),
  events: (client) => events(client),
} as const satisfies Record<string, (client: Client) => Promise<void>>;

export type StreamName = keyof typeof STREAMS;

export const EVERYTHING = Object.keys(STREAMS) as readonly StreamName[];

export async function runWorkload(client: Client, streams: readonly StreamName[]): Promise<void> {
  await Promise.all(streams.map((name) => STREAMS[name]({ ...client, random: client.random.fork(name) })));
}
