import { request } from 'node:https';
import { bodyOf } from '../common/body';

export interface PeerAccess {
  readonly url: string;
  /** PEM: own certificate with its key, and the CA of both load balancers. */
  readonly identity: string;
  readonly authority: string;
}

const LIMIT_MS = 5_000;
/** A file of more is none of ours. */
const LONGEST = 64 * 1024;

/** What the other load balancer has; each proves by its certificate that it is one of the two. @throws if there is no such answer */
export function askPeer({ url, identity, authority }: PeerAccess): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { agent: false, cert: identity, key: identity, ca: authority, minVersion: 'TLSv1.3', timeout: LIMIT_MS } as const;
    const asked = request(url, options, (response) => {
      bodyOf(response, LONGEST).then(
        (text) => (response.statusCode === 200 ? resolve(text) : reject(new Error(`answers ${response.statusCode}`))),
        reject,
      );
    });
    asked.on('timeout', () => asked.destroy(Object.assign(new Error(`no answer within ${LIMIT_MS / 1000} s`), { code: 'ETIMEDOUT' })));
    asked.on('error', reject);
    asked.end();
  });
}

/** It is off, or restarts: no news for anybody, and it is asked again in a minute. */
export function isAway(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'].includes(String(error.code))
  );
}
