import { Actions } from './actions';
import { AddressPools } from './address-pools';
import type { Clock } from './clock';
import { Faults } from './faults';
import type { Hardware } from './hardware';
import type { Firewall, FloatingIp, Network, PlacementGroup, PrimaryIp, Server, SshKey, Volume } from './models';
import { desiredNetwork } from './desired-network';
import { KeyedQueue, Latest } from './queues';
import { Store } from './store';
import type { ActionTimings } from './timings';

/** The whole state of the emulated project. */
export class Project {
  readonly hardware: Hardware;
  readonly clock: Clock;
  readonly actions: Actions;
  readonly pools = new AddressPools();
  /** Those of the project's API, among them what is sold out. */
  readonly faults = new Faults();

  readonly sshKeys = new Store<SshKey>('SSH key');
  readonly networks = new Store<Network>('network');
  readonly placementGroups = new Store<PlacementGroup>('placement group');
  readonly firewalls = new Store<Firewall>('firewall');
  readonly servers = new Store<Server>('server');
  readonly floatingIps = new Store<FloatingIp>('floating ip');
  readonly primaryIps = new Store<PrimaryIp>('primary ip');
  readonly volumes = new Store<Volume>('volume');

  /** Requests that the emulator does not know, as `METHOD PATH: what`. Tests assert that it stays empty. */
  readonly unexpectedRequests: string[] = [];
  /** Errors of the hardware. Tests assert that it stays empty, unless they provoked them. */
  readonly failures: string[] = [];

  private lastId: number;
  private readonly hardwareQueue = new KeyedQueue();
  private readonly networkSync = new Latest(() => this.hardware.syncNetwork(desiredNetwork(this)));

  constructor(options: { hardware: Hardware; clock: Clock; timings: ActionTimings; seed: number }) {
    this.hardware = options.hardware;
    this.clock = options.clock;
    this.lastId = options.seed;
    this.actions = new Actions(
      {
        clock: this.clock,
        nextId: () => this.nextId(),
        syncNetwork: () => this.syncNetwork(),
        reportFailure: (text) => this.failures.push(text),
      },
      options.timings,
    );
  }

  nextId(): number {
    return ++this.lastId;
  }

  now(): string {
    return isoTime(this.clock.now());
  }

  /** Runs work for the same server or volume one after another. */
  exclusively(key: `server:${number}` | `volume:${number}`, work: () => Promise<void>): Promise<void> {
    return this.hardwareQueue.run(key, work);
  }

  /** Resolves when the network is as the project was at the time of the call, or later. */
  syncNetwork(): Promise<void> {
    return this.networkSync.run();
  }

  /** For changes without an action, such as labels, which take a moment on the real network, too. */
  syncNetworkSoon(): void {
    this.syncNetwork().catch((error: unknown) => this.failures.push(`syncNetwork: ${String(error)}`));
  }
}

/** Whole seconds with zone, as Hetzner writes them. */
export const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');
