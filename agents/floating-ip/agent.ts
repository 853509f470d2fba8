import type { Config } from './config';
import { decide, type Decision, type Policy } from './decide';
import { holderName } from './reporting';
import {
  describe,
  initialState,
  isChange,
  nameOf,
  observe,
  type AgentState,
  type Budget,
  type Call,
  type Event,
  type Outcome,
  type PeerReport,
  type VrrpState,
} from './state';

/** All that the agent touches outside itself; a test brings a simulated world. */
export interface World {
  /** Monotonic milliseconds. */
  now(): number;
  vrrpState(): VrrpState;
  ownHaproxyAnswers(): Promise<boolean>;
  peerAnswersPublicly(): Promise<boolean>;
  askPeer(): Promise<PeerReport | null>;
  perform(call: Call): Promise<{ outcome: Outcome; budget?: Budget }>;
  /** Tells keepalived by files that it watches. */
  tellKeepalived(signs: { readonly giveUp: boolean; readonly holdsFloatingIp: boolean }): void;
  rememberMove(at: number): void;
  log(line: Readonly<Record<string, unknown>>): void;
}

const FAST_PROBES_MS = 250;
const SLOW_PROBES_MS = 1_000;

/** The thin shell: it carries questions out and answers in. Everything that is decided is decided in decide.ts. */
export class Agent {
  state: AgentState;
  decision: Decision = { reason: 'not MASTER', calls: [], giveUp: null };
  /** A person asked for it: give up until this time. */
  private switchoverUntil = 0;
  private readonly probedAt = { own: -Infinity, peer: -Infinity };
  private readonly policy: Policy;
  private told = '';

  constructor(
    private readonly config: Config,
    private readonly world: World,
    lastMoveAt: number | null,
  ) {
    this.state = initialState(world.now(), lastMoveAt);
    this.policy = {
      serverId: config.serverId,
      peerServerId: config.peerServerId,
      natGateway: config.natGateway,
      holdMs: config.holdSeconds * 1000,
    };
  }

  /** One round; cheap, and meant for some 40 times a second. */
  tick(): void {
    const vrrp = this.world.vrrpState();
    if (vrrp !== this.state.vrrp.state) {
      this.observe({ kind: 'vrrp', state: vrrp });
      // What the peer said before this is out of date
      this.probedAt.own = this.probedAt.peer = -Infinity;
    }
    this.probe();
    this.act();
  }

  holdsFloatingIp(): boolean {
    return this.state.holder?.value === this.config.serverId;
  }

  holdsNatGateway(): boolean {
    return this.state.aliases.self?.value.includes(this.config.natGateway) ?? false;
  }

  /** Makes keepalived give up MASTER, or take part again. */
  giveUpUntil(time: number): void {
    this.switchoverUntil = time;
    this.tick();
  }

  private observe(event: Event): void {
    const before = this.state;
    this.state = observe(before, event, this.world.now(), this.config);
    this.report(before, event);
    if (this.state.lastMoveAt !== before.lastMoveAt && this.state.lastMoveAt !== null) this.world.rememberMove(this.state.lastMoveAt);
  }

  private act(): void {
    const previous = this.decision;
    this.decision = decide(this.state, this.policy, this.world.now());
    if (this.decision.reason !== previous.reason) this.say('decision', { reason: this.decision.reason });
    if (this.decision.giveUp !== previous.giveUp) this.say('gives up', { because: this.decision.giveUp });
    this.tellKeepalived();
    for (const call of this.decision.calls) void this.perform(call);
  }

  private tellKeepalived(): void {
    const signs = {
      giveUp: this.decision.giveUp !== null || this.world.now() < this.switchoverUntil,
      holdsFloatingIp: this.holdsFloatingIp(),
    };
    const text = JSON.stringify(signs);
    if (text === this.told) return;
    this.world.tellKeepalived(signs);
    this.told = text;
  }

  private async perform(call: Call): Promise<void> {
    const startedAt = this.world.now();
    this.observe({ kind: 'call-started', call, startedAt });
    const { outcome, budget } = await this.world.perform(call);
    this.observe({ kind: 'call-ended', call, startedAt, outcome, budget });
    this.act();
  }

  private probe(): void {
    const now = this.world.now();
    if (now - this.probedAt.own >= (this.state.vrrp.state === 'MASTER' ? FAST_PROBES_MS : 2 * FAST_PROBES_MS)) {
      this.probedAt.own = now;
      void this.world.ownHaproxyAnswers().then((answers) => this.learn({ kind: 'own-haproxy', askedAt: now, answers }));
    }
    // The holder has nothing to decide. For all others the peer may be gone in a second
    const calm = this.state.vrrp.state === 'MASTER' && this.holdsFloatingIp();
    if (now - this.probedAt.peer >= (calm ? SLOW_PROBES_MS : FAST_PROBES_MS)) {
      this.probedAt.peer = now;
      void this.world.askPeer().then((report) => this.learn({ kind: 'peer-private', askedAt: now, report }));
      void this.world.peerAnswersPublicly().then((answers) => this.learn({ kind: 'peer-public', askedAt: now, answers }));
    }
  }

  private learn(event: Event): void {
    this.observe(event);
    this.act();
  }

  /** Writes what a person wants to find later: changes, and every attempt to change something. */
  private report(before: AgentState, event: Event): void {
    const after = this.state;
    if (event.kind === 'vrrp') this.say('vrrp', { from: before.vrrp.state });
    if (before.holder?.value !== after.holder?.value) this.say('floating IP', { holder: holderName(after, this.config) });
    if (before.api.tokenWorks !== after.api.tokenWorks && after.api.tokenWorks === false) {
      this.say('WARNING: the API refuses the token; a failover would fail', { failure: after.api.lastFailure });
    }
    if (event.kind !== 'call-started' && event.kind !== 'call-ended') return;
    if (event.kind === 'call-started') return void (isChange(event.call) && this.say('call', { call: event.call }));
    if (!event.outcome.ok) this.say('call failed', { call: nameOf(event.call), failure: describe(event.outcome) });
    else if (event.outcome.action?.status === 'error') this.say('action failed', { call: nameOf(event.call) });
  }

  private say(event: string, facts: Readonly<Record<string, unknown>>): void {
    this.world.log({ event, vrrp: this.state.vrrp.state, holder: holderName(this.state, this.config), ...facts });
  }
}
