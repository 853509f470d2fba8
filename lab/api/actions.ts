import type { Clock } from './clock';
import type { ActionTimings } from './timings';

export type ResourceType = 'server' | 'image' | 'floating_ip' | 'volume' | 'network' | 'firewall' | 'placement_group' | 'primary_ip';
export type ResourceRef = readonly [type: ResourceType, id: number];

/** The work of an accepted request, done after the answer. */
export interface ActionOrder {
  readonly command: string;
  readonly resources: readonly ResourceRef[];
  /** Work outside the API. Begins at once; the action runs at least as long. */
  readonly hardware?: () => Promise<void>;
  /** The work begins only when the time of the action is over. @default false */
  readonly hardwareLast?: boolean;
  /** Changes the project when the action ends. If it throws, the action fails. */
  readonly effect?: () => void;
  /** After the effect the network is brought to the new state, and the action waits for that. */
  readonly changesNetwork?: boolean;
  /** Runs only if this one succeeds. */
  readonly after?: Action;
  /** Releases the reservations made when the request was accepted. */
  readonly onFailure?: () => void;
  /** Accepted, but will fail without any effect. */
  readonly doomed?: boolean;
}

export class Action {
  status: 'running' | 'success' | 'error' = 'running';
  finished: number | null = null;
  error: string | null = null;
  /** Resolves when the action has ended, with success or error. */
  ended: Promise<void> = Promise.resolve();

  constructor(
    readonly id: number,
    readonly command: string,
    readonly resources: readonly ResourceRef[],
    readonly started: number,
    readonly leastMilliseconds: number,
  ) {}

  concerns(type: ResourceType, id?: number): boolean {
    return this.resources.some((each) => each[0] === type && (id === undefined || each[1] === id));
  }
}

export interface ActionHost {
  readonly clock: Clock;
  nextId(): number;
  syncNetwork(): Promise<void>;
  /** Reports a defect of the emulator or the hardware to people. */
  reportFailure(text: string): void;
}

/** Every change is an action that starts `running`. Finished ones stay listed, also when their resource is gone. */
export class Actions {
  private readonly log = new Map<number, Action>();

  constructor(
    private readonly host: ActionHost,
    public timings: ActionTimings,
  ) {}

  start(order: ActionOrder): Action {
    const least = this.timings[order.command] ?? this.timings['default'] ?? 0;
    const action = new Action(this.host.nextId(), order.command, order.resources, this.host.clock.now(), least);
    this.log.set(action.id, action);
    action.ended = this.run(action, order);
    return action;
  }

  find(id: number): Action | undefined {
    return this.log.get(id);
  }

  all(): readonly Action[] {
    return [...this.log.values()];
  }

  running(type: ResourceType, id: number, command?: string): boolean {
    return this.all().some(
      (action) => action.status === 'running' && action.concerns(type, id) && (command ?? action.command) === action.command,
    );
  }

  progress(action: Action): number {
    if (action.status !== 'running') return 100;
    const elapsed = this.host.clock.now() - action.started;
    return Math.min(95, Math.floor((100 * elapsed) / Math.max(1, action.leastMilliseconds)));
  }

  private async run(action: Action, order: ActionOrder): Promise<void> {
    try {
      await order.after?.ended;
      const least = action.leastMilliseconds > 0 ? this.host.clock.sleep(action.leastMilliseconds) : Promise.resolve();
      if (order.doomed || order.after?.status === 'error') {
        await least;
        throw new ActionFailed();
      }
      if (order.hardwareLast) await least;
      await order.hardware?.();
      await least;
      order.effect?.();
      if (order.changesNetwork) await this.host.syncNetwork();
      action.status = 'success';
    } catch (error) {
      action.status = 'error';
      action.error = error instanceof ActionFailed && !error.message ? 'Action failed' : `Action failed: ${textOf(error)}`;
      if (!(error instanceof ActionFailed)) this.host.reportFailure(`${order.command} (action ${action.id}): ${textOf(error)}`);
      order.onFailure?.();
    }
    action.finished = this.host.clock.now();
  }
}

/** A failure that a fault or the client has caused, as opposed to a defect of the emulator. */
export class ActionFailed extends Error {}

export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
