import type { Mark, Operation } from '../checkers';
import { NotReached, until, type Fault, type LabHandle } from '../faults';
import { now, pause, type Random, type Traffic } from '../traffic';
import { startDirectWrites } from './database';
import { startAptDownload, startEgress, type Download } from './egress';
import type { Topology } from './topology';

/** The fault could not be brought about, so nothing is known about how it is survived. */
export class NotInjected extends Error {
  override readonly name = 'NotInjected';
}

export interface StageParts {
  readonly lab: LabHandle;
  readonly topology: Topology;
  readonly traffic: Pick<Traffic, 'history' | 'serving'>;
  readonly random: Random;
  readonly runId: string;
  readonly minutes: number;
  readonly log: (line: string) => void;
}

/** What a story is told with. It writes down the marks and remembers what has to be put right. */
export class Stage {
  readonly marks: Mark[] = [];
  readonly extraOperations: Operation[] = [];
  private readonly injected: Fault[] = [];
  private readonly stops: (() => Promise<void>)[] = [];
  private over = false;

  constructor(private readonly parts: StageParts) {}

  get lab(): LabHandle {
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

  /** Recovery is registered before the injection: half a fault has to be put right too. */
  async inject<F extends Fault>(fault: F): Promise<F> {
    // A story that was broken off still runs on to its next line; it must break nothing more.
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

  /** Marked when it begins: the time that a machine takes to boot is part of what clients wait for. */
  async recover(fault: Fault): Promise<void> {
    this.mark('recover', `putting right: ${fault.title}`);
    await fault.recover();
  }

  /** A second of new connections in a row is served. */
  async serving(timeoutMilliseconds = 60_000): Promise<void> {
    if (!(await this.parts.traffic.serving({ timeoutMilliseconds })))
      throw new NotReached(`no service for clients within ${timeoutMilliseconds / 1000} s`);
  }

  /** Twenty notes in a row are stored. */
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

  /** From now on somebody also writes to one member, past the routers, until the story is over. */
  writeDirectlyTo(member: string): void {
    this.watch(startDirectWrites(this.lab, member, this.parts.runId, (operation) => this.extraOperations.push(operation)));
  }

  /** From now on a machine without a public address also asks something outside, until the story is over. */
  askOutsideFrom(machine: string): void {
    this.watch(startEgress(this.lab, machine, (operation) => this.extraOperations.push(operation)));
  }

  /** apt begins to fetch a large package on a machine without a public address. */
  downloadByAptOn(machine: string): Download {
    return startAptDownload(this.lab, machine, (operation) => this.extraOperations.push(operation));
  }

  private watch({ stop }: { stop: () => Promise<void> }): void {
    this.stops.push(stop);
  }

  /** Puts everything right, last injected first, whatever state it is in. */
  async cleanUp(): Promise<void> {
    this.over = true;
    const errors: unknown[] = [];
    for (const fault of [...this.injected].reverse()) await fault.recover().catch((error: unknown) => errors.push(error));
    for (const stop of this.stops) await stop().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '));
  }
}
