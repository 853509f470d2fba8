import * as http from 'node:http';
import * as https from 'node:https';
import { networkInterfaces } from 'node:os';
import { bodyOf } from '../common/body';
import { isPeerReport } from './peer-report-shape';
import type { PeerReport, VrrpState } from './state';

/** Longest wait for an answer; see FAILURES_THAT_COUNT in decide.ts. */
const LIMIT_MS = 400;

/** keepalived holds the alias address on `lo` while it is MASTER, and whoever stops or restarts keepalived removes it. */
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

/** A new connection every time: that is what new clients need. Undefined for anything but a 200 in time. */
function get(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const transport = url.startsWith('https:') ? https : http;
    // The certificate is not checked: the question is whether anybody serves there, not who
    const request = transport.get(url, { agent: false, rejectUnauthorized: false }, (response) => {
      bodyOf(response).then(
        (text) => finish(response.statusCode === 200 ? text : undefined),
        () => finish(undefined),
      );
    });
    const timer = setTimeout(() => request.destroy(), LIMIT_MS);
    request.on('error', () => finish(undefined));
    request.on('close', () => finish(undefined));
    function finish(text: string | undefined) {
      clearTimeout(timer);
      resolve(text);
    }
  });
}
