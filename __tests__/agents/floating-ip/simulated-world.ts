import { Agent, type World } from '../../../agents/floating-ip/agent';
import type { Config } from '../../../agents/floating-ip/config';
import { ANSWER_LIMIT_MS, CONNECT_LIMIT_MS } from '../../../agents/floating-ip/hetzner-api';
import { peerReportOf } from '../../../agents/floating-ip/reporting';
import type { Budget, Call, Outcome, PeerReport } from '../../../agents/floating-ip/state';

export const STEP_MS = 25;
export const HOLD_MS = 3_000;
const NAT_GATEWAY = '10.0.1.10';
const PROBE_LIMIT_MS = 400;
const DETECTION_MS = 1_050;

export type ApiMode = 'works' | '503' | '429' | 'hangs' | 'action-fails' | 'token-revoked';
export type Which = 0 | 1;
export type Fault =
  | {
      readonly kind: 'power-off' | 'haproxy-dies' | 'check-is-blind' | 'keepalived-stops' | 'agent-dies' | 'public-cut' | 'switchover';
      readonly host: Which;
    }
  | { readonly kind: 'private-cut' | 'private-one-way'; readonly host: Which }
  | { readonly kind: 'api'; readonly mode: ApiMode };

/** How Hetzner's API behaves while it works; nobody publishes its times, so the agents must live with all of these. */
export interface ApiManners {
  /** Each action runs as long, in milliseconds. */
  readonly actionMs: number;
  /** Shortest and longest time until an answer comes; the request takes effect half-way. */
  readonly answerMs: readonly [number, number];
  /** For this time after a power loss an alias cannot be taken from the server. */
  readonly aliasHeldMs: number;
  /** An assigned floating IP is not moved: it has to be unassigned first. */
  readonly unassignFirst: boolean;
  /** While an action runs on a floating IP, or on a server's aliases, another is refused. */
  readonly locks: boolean;
}
export const QUICK: ApiManners = { actionMs: 1_000, answerMs: [40, 40], aliasHeldMs: 0, unassignFirst: false, locks: false };

export interface Move {
  readonly at: number;
  readonly from: number | null;
  readonly to: number;
}

interface Action {
  readonly id: number;
  /** What it works on: a floating IP, or the aliases of a server. */
  readonly subject: string;
  readonly endsAt: number;
  readonly apply: (() => void) | null;
  ended: boolean;
}

/** Two load balancers, VRRP between them, and Hetzner's API, on a clock of their own. */
export class SimulatedWorld {
  time = 0;
  holder: number | null = null;
  readonly moves: Move[] = [];
  readonly requests: { readonly at: number; readonly from: Which; readonly call: Call }[] = [];
  /** Sentences on what must never happen. */
  readonly violations: string[] = [];
  readonly hosts: readonly [SimulatedHost, SimulatedHost];
  readonly aliases = new Map<number, readonly string[]>();
  apiMode: ApiMode = 'works';
  /** [i]: adverts and questions from host i reach the other one over the private network. */
  readonly privateWorks: [boolean, boolean] = [true, true];
  private readonly actions = new Map<number, Action>();
  /** Requests left to the project; one comes back every second. */
  budget = 3_600;
  private readonly pending: { readonly at: number; readonly run: () => void }[] = [];
  /** Numbers from 0 to 1, the same in each world. */
  private readonly random = randomNumbers(1);

  constructor(readonly manners: ApiManners = QUICK) {
    this.hosts = [new SimulatedHost(this, 0), new SimulatedHost(this, 1)];
  }

  async run(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    // Promises alone would keep the test runner from its own messages, and it gives up after a minute
    await new Promise(setImmediate);
    while (this.time < end) {
      this.time += STEP_MS;
      this.budget = Math.min(3_600, this.budget + STEP_MS / 1_000);
      for (const action of this.actions.values()) {
        if (action.ended || action.endsAt > this.time) continue;
        action.ended = true;
        action.apply?.();
      }
      this.runPending();
      this.hosts.forEach((host) => host.vrrp());
      this.hosts.forEach((host) => host.tick());
      await settle();
    }
  }

  inject(fault: Fault): void {
    if (fault.kind === 'api') {
      this.apiMode = fault.mode;
      return;
    }
    const host = this.hosts[fault.host];
    host.changedAt = this.time;
    if (['power-off', 'haproxy-dies', 'public-cut'].includes(fault.kind)) host.servesChangedAt = this.time;
    if (fault.kind === 'power-off') host.powerOff();
    if (fault.kind === 'haproxy-dies') host.haproxy = false;
    if (fault.kind === 'check-is-blind') host.checkIsBlind = true;
    if (fault.kind === 'keepalived-stops') host.stopKeepalived();
    if (fault.kind === 'agent-dies') host.restartAgent();
    if (fault.kind === 'public-cut') host.publicWorks = false;
    if (fault.kind === 'switchover') host.agent?.giveUpUntil(this.time + 2_000);
    if (fault.kind === 'private-one-way') this.privateWorks[fault.host] = false;
    if (fault.kind === 'private-cut') this.privateWorks.fill(false);
  }

  heal(): void {
    this.apiMode = 'works';
    this.privateWorks.fill(true);
    for (const host of this.hosts) {
      host.haproxy = host.keepalived = host.publicWorks = true;
      host.checkIsBlind = false;
      if (!host.powered) host.powerOn();
      host.changedAt = host.servesChangedAt = this.time;
    }
  }

  later(milliseconds: number, run: () => void): void {
    this.pending.push({ at: this.time + milliseconds, run });
  }

  after<T>(milliseconds: number, value: () => T): Promise<T> {
    return new Promise((resolve) => this.later(milliseconds, () => resolve(value())));
  }

  async call(from: SimulatedHost, call: Call): Promise<{ outcome: Outcome; budget?: Budget }> {
    const silent = (): { outcome: Outcome } => ({ outcome: { ok: false, why: 'silent' } });
    if (!from.publicWorks) return this.after(CONNECT_LIMIT_MS, () => ({ outcome: { ok: false, why: 'unreachable' } }));
    this.requests.push({ at: this.time, from: from.index, call });
    if (call.kind.endsWith('assign-floating-ip')) this.judge(from);
    if (this.apiMode === 'hangs') return this.after(ANSWER_LIMIT_MS, silent);
    const [least, most] = this.manners.answerMs;
    const takes = least + this.random() * (most - least);
    const outcome = await this.after(takes / 2, () => this.answer(from, call));
    // A client that has given up hears nothing of what it has brought about
    if (takes > ANSWER_LIMIT_MS) return this.after(ANSWER_LIMIT_MS - takes / 2, silent);
    return this.after(takes / 2, () => ({ outcome, budget: { limit: 3_600, remaining: Math.floor(this.budget) } }));
  }

  private answer(from: SimulatedHost, call: Call): Outcome {
    if (this.apiMode === '429' || this.budget < 1) return { ok: false, why: 'refused', status: 429, code: 'rate_limit_exceeded' };
    this.budget -= 1;
    if (this.apiMode === '503') return { ok: false, why: 'refused', status: 503, code: 'unavailable' };
    if (this.apiMode === 'token-revoked') return { ok: false, why: 'refused', status: 401, code: 'unauthorized' };
    const server = (of: 'self' | 'peer') => (of === 'self' ? from.serverId : from.peer.serverId);
    switch (call.kind) {
      case 'read-floating-ip':
        return { ok: true, holder: this.holder };
      case 'read-aliases':
        return { ok: true, aliases: this.aliases.get(server(call.of)) ?? [] };
      case 'assign-floating-ip':
        if (this.holder === from.serverId || (this.holder !== null && this.manners.unassignFirst))
          return refused(422, 'floating_ip_assigned');
        return this.start('floating IP', () => this.assign(from.serverId));
      case 'unassign-floating-ip':
        return this.start('floating IP', () => (this.holder = null));
      case 'set-aliases': {
        const target = server(call.of);
        const taken = call.aliases.some((address) => [...this.aliases].some(([id, list]) => id !== target && list.includes(address)));
        if (taken) return refused(422, 'ip_not_available');
        const { offSince } = this.hosts.find(({ serverId }) => serverId === target)!;
        if (offSince !== null && this.time - offSince < this.manners.aliasHeldMs) return refused(423, 'locked');
        return this.start(`aliases of ${target}`, () => this.aliases.set(target, call.aliases));
      }
      case 'read-action': {
        const action = this.actions.get(call.id);
        if (!action) return { ok: false, why: 'refused', status: 404, code: 'not_found' };
        return { ok: true, action: { id: action.id, status: !action.ended ? 'running' : action.apply ? 'success' : 'error' } };
      }
    }
  }

  private start(subject: string, apply: () => void): Outcome {
    if (this.manners.locks && [...this.actions.values()].some((action) => !action.ended && action.subject === subject))
      return refused(423, 'locked');
    const action: Action = {
      id: this.actions.size + 1,
      subject,
      endsAt: this.time + this.manners.actionMs,
      apply: this.apiMode === 'action-fails' ? null : apply,
      ended: false,
    };
    this.actions.set(action.id, action);
    return { ok: true, action: { id: action.id, status: 'running' } };
  }

  private assign(serverId: number): void {
    if (this.holder === serverId) return;
    const last = this.moves.at(-1);
    if (last && this.time - last.at < HOLD_MS) this.violations.push(`two moves within ${this.time - last.at} ms at ${this.time}`);
    this.moves.push({ at: this.time, from: this.holder, to: serverId });
    this.holder = serverId;
  }

  /** Was it right to ask for the address? Changes of the last seconds are nobody's fault. */
  private judge(asker: SimulatedHost): void {
    const holder = this.hosts.find(({ serverId }) => serverId === this.holder);
    if (!holder || holder === asker) return;
    const old = (time: number, milliseconds = 2_500) => this.time - time > milliseconds;
    const serves = holder.servesPublicly() && old(holder.servesChangedAt);
    // It asks its own HAProxy twice a second. Some time later it would give up being MASTER anyway
    if (serves && !asker.haproxy && old(asker.servesChangedAt, 600))
      this.violations.push(`lb-${asker.index + 1} does not serve, and takes the address from one that does, at ${this.time}`);
    if (serves && holder.master && old(holder.changedAt) && old(holder.masterChangedAt))
      this.violations.push(`lb-${asker.index + 1} takes the address from a MASTER that serves, at ${this.time}`);
  }

  private runPending(): void {
    for (let index = 0; index < this.pending.length;) {
      const entry = this.pending[index];
      if (!entry || entry.at > this.time) {
        index += 1;
        continue;
      }
      this.pending.splice(index, 1);
      entry.run();
    }
  }
}

export class SimulatedHost {
  readonly serverId: number;
  powered = true;
  /** When it lost its power; null while it has some. */
  offSince: number | null = null;
  haproxy = true;
  keepalived = true;
  /** keepalived's check says yes, whatever HAProxy does. */
  checkIsBlind = false;
  publicWorks = true;
  master = false;
  agent: Agent | null;
  readonly log: Readonly<Record<string, unknown>>[] = [];
  changedAt = -Infinity;
  /** When it last began or ceased to serve. */
  servesChangedAt = -Infinity;
  masterChangedAt = -Infinity;
  private signs = { giveUp: false, holdsFloatingIp: false };
  private heardAt = 0;
  private haproxySeenAt = 0;
  private lastMoveAt: number | null = null;

  constructor(
    private readonly world: SimulatedWorld,
    readonly index: Which,
  ) {
    this.serverId = 101 + index;
    this.agent = this.newAgent();
  }

  get peer(): SimulatedHost {
    return this.world.hosts[this.index === 0 ? 1 : 0];
  }

  servesPublicly(): boolean {
    return this.powered && this.haproxy && this.publicWorks;
  }

  powerOff(): void {
    this.powered = false;
    this.offSince ??= this.world.time;
    this.agent = null;
    this.become(false);
  }

  powerOn(): void {
    this.powered = true;
    this.offSince = null;
    this.heardAt = this.world.time + 4_000;
    this.lastMoveAt = null;
    this.signs = { giveUp: false, holdsFloatingIp: false };
    this.agent = this.newAgent();
  }

  stopKeepalived(): void {
    this.keepalived = false;
    this.leave();
  }

  restartAgent(): void {
    this.agent = null;
    this.world.later(700, () => {
      if (this.powered) this.agent ??= this.newAgent();
    });
  }

  tick(): void {
    this.agent?.tick();
  }

  /** keepalived, reduced to what matters here: who is missed, who leaves, and who wins against whom. */
  vrrp(): void {
    const { time, privateWorks } = this.world;
    if (!this.powered || !this.keepalived) return;
    if (this.haproxy || this.checkIsBlind) this.haproxySeenAt = time;
    if (time - this.haproxySeenAt > 800 || this.signs.giveUp) return this.leave();
    const hears = privateWorks[this.peer.index] && this.peer.powered;
    if (hears && this.peer.master) {
      this.heardAt = Math.max(this.heardAt, time);
      if (this.master && this.peer.priority() > this.priority()) this.become(false);
    }
    if (!this.master && time - this.heardAt > DETECTION_MS) this.become(true);
  }

  private priority(): number {
    return 150 - 50 * this.index + (this.signs.holdsFloatingIp ? 100 : 0);
  }

  /** An advert with priority 0: the other one takes over after its skew. */
  private leave(): void {
    if (this.master && this.world.privateWorks[this.index] && this.peer.heardAt <= this.world.time)
      this.peer.heardAt = this.world.time - DETECTION_MS + 180;
    this.heardAt = this.world.time;
    this.become(false);
  }

  private become(master: boolean): void {
    if (this.master !== master) this.masterChangedAt = this.world.time;
    this.master = master;
  }

  private newAgent(): Agent {
    const { world, serverId } = this;
    const config = {
      hostName: `lb-${this.index + 1}`,
      peerName: `lb-${2 - this.index}`,
      serverId,
      peerServerId: this.index === 0 ? 102 : 101,
      natGateway: NAT_GATEWAY,
      holdSeconds: HOLD_MS / 1_000,
    };
    let looked = 0;
    const outside: World = {
      // Like a real clock, it never tells the same time twice
      now: () => (looked = Math.max(world.time, looked + 0.000_1)),
      vrrpState: () => (this.master ? 'MASTER' : 'BACKUP'),
      ownHaproxyAnswers: () => world.after(0, () => this.haproxy),
      peerAnswersPublicly: () => {
        const answers = this.publicWorks && this.peer.servesPublicly();
        return world.after(answers ? 25 : PROBE_LIMIT_MS, () => answers);
      },
      askPeer: () => {
        const answers = this.peer.powered && this.peer.agent !== null && world.privateWorks.every(Boolean);
        return world.after<PeerReport | null>(answers ? 0 : PROBE_LIMIT_MS, () =>
          answers && this.peer.agent ? peerReportOf(this.peer.agent.state, world.time) : null,
        );
      },
      perform: (call) => world.call(this, call),
      tellKeepalived: (signs) => (this.signs = signs),
      rememberMove: (at) => (this.lastMoveAt = at),
      log: (line) => this.log.push({ at: world.time, ...line }),
    };
    // A killed process has no more effect: what comes back to it later changes only its own state
    return new Agent(config as Config, outside, this.lastMoveAt);
  }
}

function refused(status: number, code: string): Outcome {
  return { ok: false, why: 'refused', status, code };
}

/** mulberry32 */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Lets all promises that have been resolved run their continuations. */
async function settle(): Promise<void> {
  for (let index = 0; index < 10; index += 1) await Promise.resolve();
}
