import { ask, NoAnswer } from './http-client';

export interface PeerAccess {
  readonly url: string;
  /** PEM: own certificate with its key, and the CA of both load balancers. */
  readonly identity: string;
  readonly authority: string;
}

const LIMIT_MS = 5_000;
/** A file of more is none of ours. */
const LONGEST_BYTES = 64 * 1024;

/** What the other load balancer has; each proves by its certificate that it is one of the two. @throws if there is no such answer */
export async function askPeer({ url, identity, authority }: PeerAccess): Promise<string> {
  const tls = { cert: identity, key: identity, ca: authority, minVersion: 'TLSv1.3' } as const;
  const { status, text } = await ask({ url, tls, limitMs: LIMIT_MS, longestBytes: LONGEST_BYTES });
  if (status !== 200) throw new Error(`answers ${status}`);
  return text;
}

/** It is off, or restarts: no news for anybody, and it is asked again in a minute. */
export function isAway(error: unknown): boolean {
  return error instanceof NoAnswer && ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'].includes(error.code);
}
