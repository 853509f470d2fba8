import { connect } from 'node:net';
import { bodyOf } from '../common/body';

const LIMIT_MS = 5_000;
/** Three keys are some 400. */
const LONGEST_BYTES = 64 * 1024;

/** HAProxy's answer to commands on its control socket, which is root's alone. @throws if there is none within five seconds */
export async function tellHaproxy(socketPath: string, commands: readonly string[], limitMs = LIMIT_MS): Promise<string> {
  const socket = connect(socketPath);
  const limit = setTimeout(() => socket.destroy(new Error(`HAProxy does not answer on ${socketPath} within ${limitMs} ms`)), limitMs);
  socket.end(`${commands.join(';')}\n`);
  try {
    return await bodyOf(socket, LONGEST_BYTES);
  } finally {
    clearTimeout(limit);
  }
}

/** The secrets in an answer to `show tls-keys *`, the oldest first. */
export function shownSecrets(answer: string): string[] {
  return [...answer.matchAll(/^\d+\.\d+ (\S+)$/gm)].map(([, secret = '']) => secret);
}
