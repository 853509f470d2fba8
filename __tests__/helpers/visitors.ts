import { createServer, type Server } from 'node:http';
import { Agent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, type Asked, type Chain } from './chain';
import { listening } from './ports';

/** An application that counts how often it has executed each POST, told by its path. It works on each for 20 ms. */
export class CountingApp {
  readonly executed = new Map<string, number>();
  readonly server: Server = createServer((message, response) => {
    const { method, url = '' } = message.resume();
    if (method === 'POST') this.executed.set(url, (this.executed.get(url) ?? 0) + 1);
    setTimeout(() => response.end('done'), method === 'POST' ? 20 : 0);
  });

  start(): Promise<number> {
    return listening(this.server);
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

export const READERS = 8;
export const WRITERS = 3;
const CLOSED = 'Error: socket hang up';

/** One request of a visitor. */
export interface Visit {
  readonly visitor: number;
  readonly method: 'GET' | 'POST';
  /** Of each POST another one. */
  readonly path: string;
  /** Milliseconds, of `performance.now()`. */
  readonly begin: number;
  /** A status, or the error that the visitor met. */
  readonly outcome: number | string;
  /** The web server that answered. */
  readonly web: string | undefined;
  /** The kept connection was closed without an answer, and the visitor asked again: browsers do that by themselves. Only GETs. */
  readonly askedAgain: boolean;
}

/** Readers and writers; each sends one request after the other on a kept connection. */
export class Visitors {
  readonly visits: Visit[] = [];
  readonly #staying: Promise<void>[];
  #leaving = false;

  constructor(private readonly chain: Pick<Chain, 'https'>) {
    this.#staying = Array.from({ length: READERS + WRITERS }, (_, visitor) =>
      visitor < READERS
        ? this.#visit(visitor, 'GET', (number) => (number % 2 === 0 ? '/file.txt' : '/notes'))
        : this.#visit(visitor, 'POST', (number) => `/notes/${visitor}-${number}`),
    );
  }

  /** Returns when all visitors have had an answer to a request that they had not sent yet, however long that takes on a busy machine. */
  async served(visitors: 'all' | 'readers' = 'all'): Promise<void> {
    const since = performance.now();
    const count = visitors === 'all' ? READERS + WRITERS : READERS;
    await this.#until(
      () => new Set(this.visits.filter(({ visitor, begin }) => visitor < count && begin >= since).map((v) => v.visitor)).size === count,
    );
  }

  /** Returns when that web server has answered a GET that was not sent yet. */
  async servedBy(web: string): Promise<void> {
    const since = performance.now();
    await this.#until(() => this.visits.some((visit) => visit.method === 'GET' && visit.begin >= since && visit.web === web));
  }

  /** Each finishes what it has begun. */
  async leave(): Promise<readonly Visit[]> {
    this.#leaving = true;
    await Promise.all(this.#staying);
    return this.visits;
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await sleep(20);
  }

  async #visit(visitor: number, method: Visit['method'], pathOf: (number: number) => string): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let number = 0; !this.#leaving; number += 1) {
      const path = pathOf(number);
      const begin = performance.now();
      let answer = await this.#ask(path, method, agent);
      const askedAgain = answer.outcome === CLOSED && method === 'GET';
      if (askedAgain) answer = await this.#ask(path, method, agent);
      this.visits.push({ visitor, method, path, begin, ...answer, askedAgain });
      await sleep(3);
    }
    agent.destroy();
  }

  #ask(path: string, method: Visit['method'], agent: Agent): Promise<Pick<Visit, 'outcome' | 'web'>> {
    return ask(this.chain, path, { method, agent }).then(
      ({ status, web }: Asked) => ({ outcome: status, web }),
      (error: unknown) => ({ outcome: String(error), web: undefined }),
    );
  }
}
