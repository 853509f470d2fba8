import type { IncomingMessage } from 'node:http';
import { HttpError } from './exchange';

const LARGEST_BODY = 16 * 1024;

export async function readJson(message: IncomingMessage): Promise<unknown> {
  const type = message.headers['content-type'] ?? '';
  if (!/^application\/json\b/i.test(type)) throw new HttpError(415, 'not-json', 'the body must be application/json');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LARGEST_BODY) throw new HttpError(413, 'body-too-large', `the body is larger than ${LARGEST_BODY} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    throw new HttpError(400, 'malformed-json', 'the body is not JSON');
  }
}
