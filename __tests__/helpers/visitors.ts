import { createServer, type Server } from 'node:http';
import { connect } from 'node:http2';
import { Agent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, type Asked, type Chain } from './chain';
import { listening } from './ports';

/** An application that counts how often it has executed each POST, told by its path. It works on each for 20 ms. */
export class CountingApp {
  /** @param executed shared by app servers with one database */
  constructor(readonly executed = new Map<string, number>()) {}

  readonly server: Server = createServer((message, response) => {
    const { method, url = '' } = message.resume();
    if (method === 'POST') this.executed.set(url, (this.executed.get(url) ?? 0) + 1);
    setTimeout(() => response.end('done'), method === 'POST' ? 20 : 0);
  });

  start(address?: string): Promise<number> {
    return listening(this.server, address);
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

/** For how long a new visitor waits for a page, in milliseconds. */
const PATIENCE_MS = 2_000;
const BETWEEN_NEW_VISITORS_MS = 60;

/** One GET of a new visitor. */
export interface Glance {
  readonly protocol: 'HTTP/1.1' | 'HTTP/2';
  /** Milliseconds, of `performance.now()`. */
  readonly begin: number;
  readonly took: number;
  /** A status, or the error that the visitor met. */
  readonly outcome: number | string;
}

/** A new visitor every 60 ms, who asks for one page on a connection of its own, waits for 2 s and asks only once. */
export class NewVisitors {
  readonly glances: Glance[] = [];
  readonly #waiting = new Set<Promise<unknown>>();
  readonly #timer: NodeJS.Timeout;

  constructor(chain: Pick<Chain, 'https'>, path = '/notes') {
    let number = 0;
    this.#timer = setInterval(() => {
      number += 1;
      const protocol = number % 2 === 0 ? 'HTTP/2' : 'HTTP/1.1';
      const begin = performance.now();
      const answer = protocol === 'HTTP/2' ? askByHttp2(chain, path) : ask(chain, path).then(({ status }) => status);
      const outcome = Promise.race([answer, sleep(PATIENCE_MS, 'no answer within 2 s')]).catch(String);
      const noted = outcome
        .then((what) => this.glances.push({ protocol, begin, took: performance.now() - begin, outcome: what }))
        .finally(() => this.#waiting.delete(noted));
      this.#waiting.add(noted);
    }, BETWEEN_NEW_VISITORS_MS);
  }

  /** Each waits for what it has asked for. */
  async leave(): Promise<readonly Glance[]> {
    clearInterval(this.#timer);
    await Promise.all(this.#waiting);
    return this.glances;
  }
}

function askByHttp2({ https }: Pick<Chain, 'https'>, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const session = connect(`https://127.0.0.1:${https}`, { rejectUnauthorized: false });
    session.on('error', reject).setTimeout(PATIENCE_MS + 1_000, () => session.destroy());
    const stream = session.request({ ':path': path });
    let status = 0;
    stream.on('response', (headers) => (status = headers[':status'] ?? 0)).on('error', reject);
    stream.resume().on('end', () => resolve(status));
    stream.on('close', () => session.close());
  });
}
