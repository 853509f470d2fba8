import { networkInterfaces } from 'node:os';
import { ask } from '../common/http-client';
import { isPeerReport } from './peer-report-shape';
import type { PeerReport, VrrpState } from './state';

/** Longest wait for an answer of the peer; see FAILURES_THAT_COUNT in decide.ts. */
const PEER_LIMIT_MS = 400;
/**
 * The same of our own HAProxy. Longer, because one that is busy answers late and must not be given up: its clients would only
 * follow to the peer. Under a flood on a starved processor three answers in a row took longer than 400 ms. With 1 s, a HAProxy
 * that hangs would be noticed too late for its target.
 */
const OWN_LIMIT_MS = 800;

/** keepalived holds the alias address on `lo` while it is MASTER, and every stop or restart of keepalived removes it. */
export function readVrrpState(natGateway: string): VrrpState {
  return networkInterfaces().lo?.some(({ address }) => address === natGateway) ? 'MASTER' : 'BACKUP';
}

export async function ownHaproxyAnswers(url: string): Promise<boolean> {
  return (await get(url, OWN_LIMIT_MS)) !== undefined;
}

export async function peerAnswers(url: string): Promise<boolean> {
  return (await get(url, PEER_LIMIT_MS)) !== undefined;
}

export async function peerReport(url: string): Promise<PeerReport | null> {
  try {
    const report: unknown = JSON.parse((await get(url, PEER_LIMIT_MS)) ?? 'null');
    return isPeerReport(report) ? report : null;
  } catch {
    return null;
  }
}

/** Undefined for anything but a 200 in time. A new connection every time: that is what new clients need. */
async function get(url: string, limitMs: number): Promise<string | undefined> {
  try {
    // The certificate is not checked: the question is whether anybody serves there, not who
    const { status, text } = await ask({ url, limitMs, tls: { rejectUnauthorized: false } });
    return status === 200 ? text : undefined;
  } catch {
    return undefined;
  }
}
