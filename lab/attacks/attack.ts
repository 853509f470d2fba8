import { fork, type ChildProcess } from 'node:child_process';
import { pause, type Target } from '../traffic';

/** What an attacker does on each of its connections; see ways.ts. */
export type Way =
  | 'trickling-bodies'
  | 'trickling-uploads'
  | 'slow-heads'
  | 'slow-readers'
  | 'web-sockets'
  | 'event-streams'
  | 'undeclared-streams'
  | 'requests'
  | 'redirects';

export interface Order {
  readonly way: Way;
  readonly target: Target;
  /** Local addresses, with the same number of connections each. */
  readonly from: readonly string[];
  readonly connectionsPerAddress: number;
  /** Requests on each connection at the same time, by HTTP/2. Ways of HTTP/1.1 have one. */
  readonly requestsPerConnection: number;
  /** How much the slow readers ask for: more than fits into the buffers on the way. @default 50 MB */
  readonly answerBytes?: number;
  /**
   * Addresses for CF-Connecting-IP, the next one with each request: for a load balancer that takes the attacker for one of Cloudflare's
   * proxies. @default the header is not sent
   */
  readonly visitors?: readonly string[];
}

export interface Counts {
  /** Open now. */
  readonly connections: number;
  /** Requests that were sent, at least in part, and have no end yet. */
  readonly underWay: number;
  /** Number of requests by outcome: a status, or how the connection or stream ended without one. */
  readonly ended: Readonly<Record<string, number>>;
}

/** Runs in a process and a session of its own, so that it does not slow down the measurement. Tries again five seconds after a refusal. */
export class Attack {
  latest: Counts = { connections: 0, underWay: 0, ended: {} };
  /** The most that it had at any time, connections and requests. */
  most = 0;
  readonly #child: ChildProcess;

  constructor(readonly order: Order) {
    this.#child = fork(new URL('./attacker.ts', import.meta.url), { execArgv: ['--import', 'tsx'], detached: true });
    this.#child.on('message', (message: Counts) => {
      this.latest = message;
      this.most = Math.max(this.most, message.connections, message.underWay);
    });
    this.#child.send(order);
  }

  /** Until no more is got within two seconds, or for `milliseconds` at most. */
  async established(milliseconds: number): Promise<void> {
    let [most, lastChange] = [0, Date.now()];
    for (const end = Date.now() + milliseconds; Date.now() < end && (most === 0 || Date.now() - lastChange < 2_000); await pause(100)) {
      if (this.most > most) [most, lastChange] = [this.most, Date.now()];
    }
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode === null && this.#child.kill('SIGKILL')) await ended;
  }
}
