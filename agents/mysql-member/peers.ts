import { ask } from '../common/http-client';
import { NO_MEMORY, type Report } from './report';
import { isReport } from './report-shape';

export interface Peer {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

const POLL_MS = 500;
const TIMEOUT_MS = 1000;
/** A report older than this says nothing about its member any more. */
const STALE_MS = 3000;

/** Asks every peer's agent for its report, each in a row of its own, so that a slow one delays only itself. */
export class Peers {
  private readonly latest = new Map<string, { readonly report: Report; readonly at: number }>();

  constructor(
    private readonly peers: readonly Peer[],
    private readonly now: () => number,
  ) {}

  start(): void {
    for (const peer of this.peers) void this.follow(peer);
  }

  get reports(): ReadonlyMap<string, Report | null> {
    return new Map(this.peers.map(({ name }) => [name, this.fresh(name)]));
  }

  private fresh(name: string): Report | null {
    const entry = this.latest.get(name);
    return entry && this.now() - entry.at < STALE_MS ? entry.report : null;
  }

  private async follow(peer: Peer): Promise<never> {
    for (;;) {
      // the time of asking: an answer that was long under way is as old as its question
      const at = this.now();
      const report = await fetchReport(peer).catch(() => null);
      if (report) this.latest.set(peer.name, { report, at });
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

export async function fetchReport({ name, address, port }: Peer): Promise<Report> {
  const { text } = await ask({ url: `http://${address}:${port}/status`, limitMs: TIMEOUT_MS });
  const { report: told } = JSON.parse(text) as { report?: Partial<Report> };
  if (told?.name !== name) throw new Error(`${address} is not ${name}`);
  // during a change of version the peer's memory may lack what this version knows
  const report = { ...told, memory: { ...NO_MEMORY, ...told.memory } };
  if (!isReport(report)) throw new Error(`what ${name} says has not the form of a report`);
  return report;
}
