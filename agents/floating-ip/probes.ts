import { networkInterfaces } from 'node:os';
import { ask } from '../common/http-client';
import { isPeerReport } from './peer-report-shape';
import type { PeerReport, VrrpState } from './state';

/** Longest wait for an answer; see FAILURES_THAT_COUNT in decide.ts. */
const LIMIT_MS = 400;

/** keepalived holds the alias address on `lo` while it is MASTER, and every stop or restart of keepalived removes it. */
export function readVrrpState(natGateway: string): VrrpState {
  return networkInterfaces().lo?.some(({ address }) => address === natGateway) ? 'MASTER' : 'BACKUP';
}

export async function answers(url: string): Promise<boolean> {
  return (await get(url)) !== undefined;
}

export async function peerReport(url: string): Promise<PeerReport | null> {
  try {
    const report: unknown = JSON.parse((await get(url)) ?? 'null');
    return isPeerReport(report) ? report : null;
  } catch {
    return null;
  }
}

/** Undefined for anything but a 200 in time. A new connection every time: that is what new clients need. */
async function get(url: string): Promise<string | undefined> {
  try {
    // The certificate is not checked: the question is whether anybody serves there, not who
    const { status, text } = await ask({ url, limitMs: LIMIT_MS, tls: { rejectUnauthorized: false } });
    return status === 200 ? text : undefined;
  } catch {
    return undefined;
  }
}
