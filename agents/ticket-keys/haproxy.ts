import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

const LIMIT_MS = 5_000;
const LONGEST_BYTES = 64 * 1024;

/** HAProxy's answer to commands on its control socket, whose folder and file are root's. @throws if there is none */
export async function tellHaproxy(socketPath: string, commands: readonly string[]): Promise<string> {
  const socket = connect(socketPath);
  socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error('HAProxy does not answer on its control socket')));
  socket.end(`${commands.join(';')}\n`);
  const answer = await text(socket);
  if (answer.length > LONGEST_BYTES) throw new Error('HAProxy says more than there are keys');
  return answer;
}

/** The secrets in an answer to `show tls-keys *`, the oldest first. */
export function shownSecrets(answer: string): string[] {
  return [...answer.matchAll(/^\d+\.\d+ (\S+)$/gm)].map(([, secret = '']) => secret);
}
