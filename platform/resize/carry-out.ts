import { setTimeout as sleep } from 'node:timers/promises';
import { TIERS, type Tier } from '../../lib/net/address-plan';
import type { HetznerApi } from '../hetzner/api';
import { act, patiently, readServer } from '../hetzner/server';
import { announce, makeWay, serveAgain, wellnessOf, type TierHosts } from './hosts';
import { isOff, lacking, needOf, nextOf, type Candidate } from './plan';

/** A resize has ended early; the message says what is known of the server, and how to go on. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** In milliseconds. */
export interface Pace {
  /** Between two questions. */
  readonly pause: number;
  /** How long the API may be away, or refuse for a while. */
  readonly api: number;
  /** How long a shutdown may take before the power is cut. */
  readonly shutdown: number;
  /** How long a server may stay off after its type was changed: the API starts it by itself. */
  readonly start: number;
  /** How long a server may take until it is well again. */
  readonly well: number;
  /** Until those who send it requests have noticed that it is back. */
  readonly settle: number;
}

export const PACE: Pace = {
  pause: 2_000,
  api: 120_000,
  // mysqld may take 120 s, and nothing on a host takes longer
  shutdown: 180_000,
  start: 30_000,
  // A member first applies, or copies, what it has missed
  well: 1_800_000,
  // HAProxy's checks take 2 s, and its slowstart 5 s
  settle: 10_000,
};

export interface Work {
  readonly api: HetznerApi;
  readonly hostsOf: (tier: Tier) => TierHosts;
  /** The disk grows with the type, and never shrinks again: no way back to a type with a smaller one. */
  readonly upgradeDisk: boolean;
  readonly say: (line: string) => void;
  /** Aborted: it ends after the server that is being resized. @default never */
  readonly ending?: AbortSignal;
  readonly pace: Pace;
}

/**
 * Resizes servers one after another, tier by tier. Each is taken out of service first, and is well before the next one goes.
 * @param pending none of those that need nothing
 * @throws Stopped
 */
export async function resizeAll(pending: readonly Candidate[], work: Work): Promise<void> {
  for (const tier of TIERS) {
    let left = pending.filter(({ host }) => host.tier === tier);
    while (left.length > 0) {
      if (work.ending?.aborted) throw new Stopped('ended between two servers, as you wished. Run it again: it goes on from here');
      const next = nextOf(left, await wellnessOf(work.hostsOf(tier)));
      await new Resize(next, work).run();
      left = left.filter((each) => each !== next);
    }
  }
}

/** One server. */
class Resize {
  readonly #name: string;
  readonly #hosts: TierHosts;

  constructor(
    private readonly candidate: Candidate,
    private readonly work: Work,
  ) {
    this.#name = candidate.host.name;
    this.#hosts = work.hostsOf(candidate.host.tier);
  }

  async run(): Promise<void> {
    const begin = performance.now();
    const { server, wanted } = this.candidate;
    if (!isOff(server)) {
      await this.#leave();
      await this.#shutDown();
    }
    if (needOf(this.candidate) === 'resize') await this.#changeType();
    await this.#start();
    await this.#becomeWell(`is a ${wanted}`);
    await sleep(this.work.pace.settle);
    this.#say(`is a ${wanted} and serves, ${Math.round((performance.now() - begin) / 1000)} s after the beginning`);
  }

  /** Out of service, provided that the others of its tier do without it. */
  async #leave(): Promise<void> {
    this.#say('makes way');
    const refused = (await announce(this.#hosts, this.candidate.host)) ?? (await this.#othersLack()) ?? (await this.#makeWay());
    if (refused === null) return;
    await serveAgain(this.#hosts, this.candidate.host);
    throw new Stopped(
      `${this.#name} was not shut down, and stays a ${this.#oldType}: ${refused}. Once that is mended, run it again. ` +
        `A server that cannot answer any more can be powered off first; it is resized then`,
    );
  }

  async #othersLack(): Promise<string | null> {
    const missing = lacking(this.candidate, await wellnessOf(this.#hosts));
    return missing.length > 0 ? `the others of its tier cannot do without it: ${missing.join('; ')}` : null;
  }

  async #makeWay(): Promise<string | null> {
    const refused = await makeWay(this.#hosts, this.candidate.host);
    return refused === null ? null : `it cannot make way: ${refused}`;
  }

  async #shutDown(): Promise<void> {
    this.#say('shuts down');
    try {
      await this.#patiently(async () => (await this.#isOff()) || this.#act('shutdown'));
      if (await this.#within(this.work.pace.shutdown, () => this.#isOff())) return;
      this.#say(`has not shut down within ${this.work.pace.shutdown / 1000} s: its power is cut`);
      await this.#patiently(async () => (await this.#isOff()) || this.#act('poweroff'));
    } catch (error) {
      await serveAgain(this.#hosts, this.candidate.host);
      throw new Stopped(
        `${this.#name} stays a ${this.#oldType}, and was told to serve again where it runs: ${words(error)}. Run it again: it goes on from there`,
        { cause: error },
      );
    }
  }

  async #changeType(): Promise<void> {
    const { server, wanted } = this.candidate;
    this.#say(`gets the type ${wanted}`);
    try {
      await this.#patiently(async () => {
        // An answer that got lost may have been a success
        if ((await readServer(this.work.api, server.id)).server_type.name === wanted) return;
        await this.#act('change_type', { server_type: wanted, upgrade_disk: this.work.upgradeDisk });
      });
    } catch (error) {
      this.#say(`cannot have the type ${wanted}: ${words(error)}; it is started again as a ${this.#oldType}`);
      await this.#start();
      await this.#becomeWell(`is a ${this.#oldType} as before`);
      throw new Stopped(
        `${this.#name} stays a ${this.#oldType}, and serves again: Hetzner refuses ${wanted}: ${words(error)}. Run it again later, or set another serverType`,
        { cause: error },
      );
    }
  }

  async #start(): Promise<void> {
    const { api, start } = this.work.pace;
    try {
      // By itself after a change of the type
      if (await this.#within(start, async () => (await this.#status()) === 'running')) return;
      await this.#patiently(async () => (await this.#status()) === 'running' || this.#act('poweron'));
      if (await this.#within(api, async () => (await this.#status()) === 'running')) return;
    } catch (error) {
      throw new Stopped(`${this.#name} may be off, and cannot be started: ${words(error)}. Run it again: it is started then`, {
        cause: error,
      });
    }
    throw new Stopped(
      `${this.#name} was started and does not run after ${api / 1000} s. Look at its console at Hetzner, then run it again`,
    );
  }

  /** @param is what it is, for the message */
  async #becomeWell(is: string): Promise<void> {
    this.#say('runs, and is awaited');
    let problem: string | null = 'not asked yet';
    const isWell = async () => {
      problem = (await wellnessOf({ ...this.#hosts, hosts: [this.candidate.host] }))[0]?.problem ?? null;
      return problem === null;
    };
    if (await this.#within(this.work.pace.well, isWell)) return;
    throw new Stopped(
      `${this.#name} ${is} and runs, but is not well after ${this.work.pace.well / 1000} s: ${problem}. ` +
        'No other server was touched after it. npx platform status says more; once it is well, run it again',
    );
  }

  get #oldType(): string {
    return this.candidate.server.server_type.name;
  }

  #say(words: string): void {
    this.work.say(`${this.#name} ${words}`);
  }

  #act(action: string, body?: object): Promise<void> {
    return act(this.work.api, this.candidate.server.id, action, this.#patience, body);
  }

  async #status(): Promise<string> {
    return (await this.#patiently(() => readServer(this.work.api, this.candidate.server.id))).status;
  }

  async #isOff(): Promise<boolean> {
    return (await this.#status()) === 'off';
  }

  get #patience() {
    return { limit: this.work.pace.api, pause: this.work.pace.pause };
  }

  #patiently<T>(ask: () => Promise<T>): Promise<T> {
    return patiently(ask, this.#patience);
  }

  async #within(limit: number, condition: () => Promise<boolean>): Promise<boolean> {
    for (const begin = performance.now(); ; await sleep(this.work.pace.pause)) {
      if (await condition()) return true;
      if (performance.now() - begin > limit) return false;
    }
  }
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));
