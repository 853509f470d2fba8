import type { Readable } from 'node:stream';

/** A report of a member is some 5 KB, and Hetzner's longest answer some 50 KB. A longer answer would only fill the agent's memory. */
export const LONGEST_BYTES = 1024 * 1024;

/**
 * The whole body of a request or an answer, or all that comes by a connection.
 * @throws if it is longer than that, or breaks off; the connection is closed then
 */
export async function bodyOf(message: Readable, longest = LONGEST_BYTES): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop closes the connection
    if (bytes > longest) throw new Error(`more than ${longest} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
