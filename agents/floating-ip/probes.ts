import * as http from 'node:http';
import * as https from 'node:https';
import { networkInterfaces } from 'node:os';
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
    const text = await get(url);
    return text === undefined ? null : (JSON.parse(text) as PeerReport);
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
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => finish(response.statusCode === 200 ? Buffer.concat(chunks).toString() : undefined));
      response.on('error', () => finish(undefined));
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
