import { connect, type SecureVersion } from 'node:tls';
import type { Target } from './request';

export interface Visit {
  /** Whether the server has resumed the session that it was shown. */
  readonly resumed: boolean;
  /** By which the next visit can be resumed. */
  readonly session: Buffer;
  /** From the beginning of the connection. */
  readonly firstByteMilliseconds: number;
}

export interface VisitOptions {
  /** Of an earlier visit. @default none: a new session */
  readonly session?: Buffer | undefined;
  /** @default '/' */
  readonly path?: string;
  /** @default 5000 */
  readonly timeoutMilliseconds?: number;
}

/** A new connection, one request and its whole answer, as of a browser that may come again. @throws if there is no answer */
export function visit(
  { address, port = 443, host, ca }: Target,
  version: SecureVersion,
  { session, path = '/', timeoutMilliseconds = 5_000 }: VisitOptions = {},
): Promise<Visit> {
  return new Promise((resolve, reject) => {
    const versions = { minVersion: version, maxVersion: version };
    const trust = { ca, rejectUnauthorized: ca !== undefined };
    const socket = connect({ host: address, port, servername: host, session, timeout: timeoutMilliseconds, ...trust, ...versions });
    const begin = performance.now();
    let firstByteMilliseconds = NaN;
    let newest = session;
    socket.on('session', (given) => (newest = given));
    // A closed socket does not tell
    let resumed = false;
    socket.on('secureConnect', () => {
      resumed = socket.isSessionReused();
      socket.write(`GET ${path} HTTP/1.0\r\nHost: ${host}\r\n\r\n`);
    });
    socket.on('timeout', () => socket.destroy(new Error(`no answer from ${address} within ${timeoutMilliseconds / 1000} s`)));
    socket.on('error', reject);
    socket.once('data', () => (firstByteMilliseconds = performance.now() - begin));
    socket.resume().on('close', () => {
      if (newest) resolve({ resumed, session: newest, firstByteMilliseconds });
      else reject(new Error(`${address} gives no session`));
    });
  });
}
