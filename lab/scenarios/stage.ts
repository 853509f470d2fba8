import type { Mark, Operation } from '../checkers';
import { NotReached, until, type Fault } from '../faults';
import type { Lab } from '../lab';
import { now, pause, type Random, type Traffic } from '../traffic';
import { startDirectWrites } from './database';
import { startAptDownload, startEgress, type Download } from './egress';
import type { Topology } from './topology';

/** The fault could not be injected, so the run says nothing about it. */
export class NotInjected extends Error {
  override readonly name = 'NotInjected';
}

export interface StageParts {
  readonly lab: Lab;
  readonly topology: Topology;
  readonly traffic: Pick<Traffic, 'history' | 'serving'>;
  readonly random: Random;
  readonly runId: string;
  readonly minutes: number;
  readonly log: (line: string) => void;
}

/** The tools of a story. Records the marks, and remembers the faults to recover. */
export class Stage {
  readonly marks: Mark[] = [];
  readonly extraOperations: Operation[] = [];
  private readonly injected: Fault[] = [];
  private readonly stops: (() => Promise<void>)[] = [];
  private over = false;

  constructor(private readonly parts: StageParts) {}

  get lab(): Lab {
    return this.parts.lab;
  }
  get topology(): Topology {
    return this.parts.topology;
  }
  get runId(): string {
    return this.parts.runId;
  }
  /** How long random faults go on. */
  get minutes(): number {
    return this.parts.minutes;
  }
  get random(): Random {
    return this.parts.random;
  }

  /** Registers the recovery before the injection, because half a fault must be recovered, too. */
  async inject<F extends Fault>(fault: F): Promise<F> {
    // A story that was broken off still runs to its next step, which must not inject anything.
    if (this.over) throw new NotInjected(`${fault.title}: the story is over`);
    this.injected.push(fault);
    this.mark('inject', fault.title);
    try {
      await fault.inject();
    } catch (error) {
      throw new NotInjected(`${fault.title}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    this.mark('effect', `seen: ${fault.title}`);
    return fault;
  }

  /** Marks the beginning of the recovery: clients also wait for a machine to boot. */
  async recover(fault: Fault): Promise<void> {
    this.mark('recover', `putting right: ${fault.title}`);
    await fault.recover();
  }

  /** Waits until new connections are served for a second. */
  async serving(timeoutMilliseconds = 60_000): Promise<void> {
    if (!(await this.parts.traffic.serving({ timeoutMilliseconds })))
      throw new NotReached(`no service for clients within ${timeoutMilliseconds / 1000} s`);
  }

  /** Waits until twenty notes in a row are stored. */
  async writing(timeoutMilliseconds = 60_000): Promise<void> {
    if (!(await this.parts.traffic.serving({ stream: 'write', timeoutMilliseconds })))
      throw new NotReached(`no write accepted within ${timeoutMilliseconds / 1000} s`);
  }

  until(what: string, condition: () => Promise<boolean>, timeoutMilliseconds = 60_000): Promise<void> {
    return until(what, condition, timeoutMilliseconds, 250);
  }

  async healthy(timeoutMilliseconds = 180_000): Promise<void> {
    let problems: string[] = [];
    const check = async () => (problems = await this.topology.problems()).length === 0;
    await until('everything is healthy', check, timeoutMilliseconds, 500).catch((error: unknown) => {
      throw new NotReached(`not healthy again within ${timeoutMilliseconds / 1000} s: ${problems.join(', ') || String(error)}`);
    });
    this.mark('healthy', 'everything is healthy');
  }

  pause(milliseconds: number): Promise<void> {
    return pause(milliseconds);
  }

  mark(kind: Mark['kind'], text: string): void {
    this.marks.push({ at: now(), kind, text });
    this.parts.log(`${kind === 'note' ? '' : `${kind}: `}${text}`);
  }

  /** Starts a client that writes to one member, past the routers, until the end of the story. */
  writeDirectlyTo(member: string): void {
    this.watch(startDirectWrites(this.lab, member, this.parts.runId, (operation) => this.extraOperations.push(operation)));
  }

  /** Starts requests to the outside from a machine without a public address, until the end of the story. */
  askOutsideFrom(machine: string): void {
    this.watch(startEgress(this.lab, machine, (operation) => this.extraOperations.push(operation)));
  }

  /** Starts apt, which fetches a large package on a machine without a public address. */
  downloadByAptOn(machine: string): Download {
    return startAptDownload(this.lab, machine, (operation) => this.extraOperations.push(operation));
  }

  private watch({ stop }: { stop: () => Promise<void> }): void {
    this.stops.push(stop);
  }

  /** Recovers all faults, the last one first. */
  async cleanUp(): Promise<void> {
    this.over = true;
    const errors: unknown[] = [];
    for (const fault of [...this.injected].reverse()) await fault.recover().catch((error: unknown) => errors.push(error));
    for (const stop of this.stops) await stop().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '));
  }
}
