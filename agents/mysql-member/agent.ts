import { randomUUID } from 'node:crypto';
import { messageOf } from '../common/errors';
import { act, switchover, type Tools } from './actions';
import type { AgentConfig } from './config';
import { decide } from './decide';
import { isIdle, type Action, type Decision, type HandOver, type LocalAction } from './decision';
import { dumpsIn, type Dump } from './errant';
import { announce, founded, givesWay } from './forced';
import { isRecorded, primaryHealth, readerHealth, type Health, type Observed } from './health';
import { diskOf, warningsOf, type Disk } from './disk';
import { lagSeconds, nextLag, type Lag } from './lag';
import { readMemory, writeMemory } from './memory-file';
import { Peers } from './peers';
import { NO_MEMORY, type Memory, type Report } from './report';
import { Sampler } from './sampler';
import { onlinePeers, successors } from './successors';
import type { AgentStatus } from './status';

const LOOK_EVERY_MS = 250;
/** An operator's switchover may wait for large transactions to be applied; a full disk does not wait. */
const SWITCHOVER_LIMIT_MS = 30_000;
const FULL_DISK_SWITCHOVER_LIMIT_MS = 4000;
/** In this time every router has seen four failed checks: see CHECK in lib/config/database-router.ts. */
const ROUTERS_NOTICE_MS = 1000;
/** After this time a stop that was announced and did not come counts no more: the member takes reads again. */
const LEAVING_LIMIT_MS = 60_000;
/** Longer than any other member needs to hear of it: see peers.ts. */
const ANNOUNCED_MS = 3000;

/** Decides after every look at mysqld, and acts on it, one action at a time. */
export class Agent {
  private readonly sampler: Sampler;
  private readonly peers: Peers;
  private readonly tools: Tools;
  private memory: Memory = NO_MEMORY;
  private busy: Action | null = null;
  private fencing = false;
  private decided: { readonly decision: Decision; readonly since: number } | null = null;
  private lastAction: AgentStatus['lastAction'] = null;
  private joinFailures = 0;
  private joinFailedAt = 0;
  private handOverFailed = false;
  private dumps: readonly Dump[] = [];
  /**
   * Epoch in which a majority confirmed that it knows this member, and when. Kept, for an agent that hangs must not stop the
   * writes; but not over a long pause of mysqld or of this agent, in which the group may have gone on without this member.
   */
  private confirmed: { readonly epoch: string | null; readonly at: number } | null = null;
  private lookFailure: string | null = null;
  private stepFailure: string | null = null;
  private disk: Disk | null = null;
  private lag: Lag | null = null;
  /** When a stop of mysqld was announced; null again once mysqld has gone. */
  private leavingSince: number | null = null;
  private readonly counters = new Map<string, number>();

  constructor(
    private readonly config: AgentConfig,
    password: () => Promise<string>,
    private readonly log: (line: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    const known = [...config.members, config];
    const nameOf = (address: string) => known.find((member) => member.address === address)?.name ?? address;
    this.sampler = new Sampler(config.localAccount, nameOf, now);
    const others = config.members.filter(({ name }) => name !== config.name);
    this.peers = new Peers(
      others.map((member) => ({ ...member, port: config.healthPort })),
      now,
    );
    this.tools = { config, password, log };
  }

  async run(): Promise<never> {
    this.memory = readMemory(this.config.memoryFile);
    this.dumps = await dumpsIn(this.config.errantFolder);
    this.peers.start();
    for (;;) {
      this.lookFailure = await this.sampler.look();
      if (!this.sampler.sample) this.leavingSince = null;
      this.disk = await diskOf(this.config.memoryFile);
      this.lag = nextLag(this.lag, this.sampler.sample, this.peerReports, this.now());
      // e.g. a memory that cannot be written, because the disk is full: nothing may be done then, but health is still told
      await this.step().catch((error: unknown) => this.complain(messageOf(error)));
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  private async step(): Promise<void> {
    const decision = decide({
      self: this.report,
      peers: this.peers.reports,
      joinFailures: this.joinFailures,
      sinceJoinFailureMs: this.now() - this.joinFailedAt,
      handOverFailed: this.handOverFailed,
      configuredGroupName: this.config.groupName,
    });
    const sameAsBefore = this.decided?.decision.action.kind === decision.action.kind;
    if (this.decided?.decision.reason !== decision.reason) this.log(`${decision.action.kind}: ${decision.reason}`);
    this.decided = { decision, since: sameAsBefore && this.decided ? this.decided.since : this.now() };
    if (decision.action.kind === 'stay') this.joinFailures = 0;
    if (!['hand-over', 'end-mysqld'].includes(decision.action.kind)) this.handOverFailed = false;
    if (this.now() - this.decided.since < decision.afterMs) return;
    await this.remember(decision.memory);
    this.stepFailure = null;
    this.noteRecorded();
    if (decision.action.kind === 'fence') this.fence();
    else if (!this.busy) this.begin(decision.action);
  }

  private complain(message: string): void {
    if (this.stepFailure !== message) this.log(`no step: ${message}`);
    this.stepFailure = message;
  }

  private async remember(memory: Memory): Promise<void> {
    if (memory === this.memory) return;
    await writeMemory(this.config.memoryFile, memory);
    this.memory = memory;
  }

  private noteRecorded(): void {
    if (isRecorded(this.report, this.peerReports)) this.confirmed = { epoch: this.memory.epoch, at: this.now() };
  }

  private get recorded(): boolean {
    const epoch = this.sampler.sample?.view?.epoch;
    return epoch !== undefined && epoch === this.confirmed?.epoch && this.confirmed.at >= this.sampler.awakeSince;
  }

  /** Beside whatever else is going on: a long join must not keep a member writable. */
  private fence(): void {
    if (this.fencing) return;
    this.fencing = true;
    this.count('fence');
    act({ kind: 'fence' }, this.tools)
      .then(() => this.log('fence: done'))
      .catch((error: unknown) => this.log(`fence: ${messageOf(error)}`))
      .finally(() => (this.fencing = false));
  }

  private begin(action: Action): void {
    if (isIdle(action)) return;
    this.count(action.kind);
    this.busy = action;
    this.carryOut(action)
      .then(async () => {
        this.dumps = await dumpsIn(this.config.errantFolder);
        if (action.kind === 'report-errant') await this.remember({ ...this.memory, setAside: action.errant });
        if (action.kind === 'join-by-clone') await this.remember({ ...this.memory, setAside: '' });
        this.finished(action, 'done');
        // the failures were those of the data that it had before: they must not make it take one copy after another
        if (action.kind === 'join-by-clone') this.joinFailures = 0;
      })
      .catch((error: unknown) => {
        this.finished(action, messageOf(error));
        if (action.kind === 'hand-over') this.handOverFailed = true;
        if (isEntry(action)) {
          this.joinFailures += 1;
          this.joinFailedAt = this.now();
        }
      })
      .finally(() => (this.busy = null));
  }

  private async carryOut(action: HandOver | LocalAction): Promise<void> {
    if (action.kind === 'hand-over') await this.handOver(action.to, FULL_DISK_SWITCHOVER_LIMIT_MS);
    else await act(action, this.tools);
  }

  private count(kind: string): void {
    this.counters.set(kind, (this.counters.get(kind) ?? 0) + 1);
  }

  private finished(action: Action, outcome: string): void {
    this.lastAction = { kind: action.kind, at: new Date().toISOString(), outcome };
    this.log(`${action.kind}: ${outcome}`);
  }

  private get peerReports(): readonly Report[] {
    return [...this.peers.reports.values()].filter((peer): peer is Report => peer !== null);
  }

  private get lagSeconds(): number {
    return lagSeconds(this.lag, this.now());
  }

  private get leaving(): boolean {
    return this.leavingSince !== null && this.now() - this.leavingSince < LEAVING_LIMIT_MS;
  }

  private get observed(): Observed {
    return {
      self: this.report,
      recorded: this.recorded,
      sampleAgeMs: this.sampler.age,
      lagSeconds: this.lagSeconds,
      leaving: this.leaving,
      peers: this.peerReports,
    };
  }

  get report(): Report {
    return {
      name: this.config.name,
      configured: this.config.members.map(({ name }) => name),
      memory: this.memory,
      sample: this.sampler.sample,
      busy: this.busy?.kind ?? null,
      disk: this.disk,
    };
  }

  primary(): Health {
    return primaryHealth(this.observed);
  }

  reader(): Health {
    return readerHealth(this.observed);
  }

  status(): AgentStatus {
    const sample = this.sampler.sample;
    const decision = this.decided?.decision;
    return {
      name: this.config.name,
      state: sample?.state ?? 'DOWN',
      role: sample?.role ?? null,
      members: sample?.members ?? [],
      gtidExecuted: sample?.executed ?? null,
      applierQueue: sample?.applierQueue ?? null,
      lagSeconds: sample && this.lagSeconds,
      version: sample?.version ?? null,
      sampleAgeMs: Number.isFinite(this.sampler.age) ? Math.round(this.sampler.age) : null,
      lookFailure: this.lookFailure,
      warnings: warningsOf(this.report, this.stepFailure),
      primary: this.primary(),
      reader: this.reader(),
      lastDecision: decision ? { ...decision.action, reason: decision.reason } : null,
      lastAction: this.lastAction,
      joinFailures: this.joinFailures,
      dumps: this.dumps,
      peers: Object.fromEntries(
        [...this.peers.reports].map(([name, peer]) => [name, peer?.sample?.state ?? (peer ? 'DOWN' : 'NO ANSWER')]),
      ),
      actions: Object.fromEntries(this.counters),
      report: this.report,
    };
  }

  /** Gives the PRIMARY's role to a named member, or to the one that `successors` puts first. */
  async handOver(to?: string, limitMs = SWITCHOVER_LIMIT_MS): Promise<string> {
    const sample = this.sampler.sample;
    if (sample?.state !== 'ONLINE') throw new Error(`this member is ${sample?.state ?? 'DOWN'}`);
    const online = onlinePeers(this.peerReports, sample);
    const target = to === undefined ? successors(online)[0] : [this.report, ...online].find(({ name }) => name === to);
    if (!target?.sample) throw new Error(to ? `${to} is not ONLINE` : 'no other member is ONLINE');
    await switchover(target.sample.serverUuid, this.tools, limitMs);
    this.log(`switchover: ${target.name} is PRIMARY`);
    return target.name;
  }

  /**
   * Before mysqld stops. It takes connections for seconds after it was told to, and greets none of them: reads go elsewhere first,
   * and so does the PRIMARY's role. Resolves with the new PRIMARY, if it was this member.
   */
  async leave(): Promise<string | null> {
    this.leavingSince = this.now();
    const [primary] = await Promise.all([
      this.isPrimary ? this.handOver() : null,
      new Promise((resolve) => setTimeout(resolve, ROUTERS_NOTICE_MS)),
    ]);
    return primary;
  }

  get isPrimary(): boolean {
    return this.sampler.sample?.role === 'PRIMARY';
  }

  /** The operator's decision, against what this member would do: found a group with what this member has. */
  async forceBootstrap(operator: string): Promise<void> {
    const sample = this.sampler.sample;
    if (!sample || sample.state === 'ONLINE' || this.busy) throw new Error(`this member is ${this.busy?.kind ?? sample?.state ?? 'DOWN'}`);
    const live = this.peerReports.find((peer) => peer.sample?.state === 'ONLINE');
    if (live) throw new Error(`${live.name} is ONLINE in a group: this member joins it by itself`);
    const memory = announce(this.report, this.peerReports);
    const incarnation = memory.promised;
    this.log(`force-bootstrap by ${operator}: announces incarnation ${incarnation}, with ${sample.executed || 'no transactions'}`);
    await this.remember(memory);
    await new Promise((resolve) => setTimeout(resolve, ANNOUNCED_MS));
    const why = givesWay(this.report, this.peerReports, incarnation) ?? (this.report.busy && `this member is ${this.report.busy}`);
    if (why) throw new Error(why);
    this.log(`force-bootstrap by ${operator}: incarnation ${incarnation}`);
    const lineage = randomUUID();
    await this.remember(founded(this.memory, incarnation, lineage));
    this.begin({ kind: 'reboot-group', incarnation, groupName: lineage });
  }
}

function isEntry(action: Action): boolean {
  return ['join', 'rejoin', 'join-by-clone', 'bootstrap', 'reboot-group'].includes(action.kind);
}
