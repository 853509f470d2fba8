import type { DesiredNetwork, Hardware, ServerSpec, VolumeSpec } from '../../../lab/api';

/** Machines that are entries in a map. Remembers every call, and fails where a test says so. */
export class FakeHardware implements Hardware {
  readonly machines = new Map<number, { spec: ServerSpec; running: boolean }>();
  readonly volumes = new Map<number, { sizeGb: number; serverId: number | null }>();
  readonly calls: string[] = [];
  network: DesiredNetwork = { servers: [], routes: [] };
  /** Calls, by method name, that reject. */
  readonly broken = new Set<string>();
  /** A promise that calls of this method wait for. */
  readonly gates = new Map<string, Promise<void>>();
  private syncing = 0;
  mostSyncsAtOnce = 0;

  createServer = (spec: ServerSpec): Promise<void> =>
    this.call('createServer', spec.id, () => this.machines.set(spec.id, { spec, running: false }));
  destroyServer = (id: number): Promise<void> => this.call('destroyServer', id, () => this.machines.delete(id));
  powerOn = (id: number): Promise<void> => this.call('powerOn', id, () => (this.machine(id).running = true));
  powerOff = (id: number): Promise<void> => this.call('powerOff', id, () => (this.machine(id).running = false));
  shutdown = (id: number): Promise<void> => this.call('shutdown', id, () => undefined);
  reboot = (id: number): Promise<void> => this.call('reboot', id, () => undefined);
  reset = (id: number): Promise<void> => this.call('reset', id, () => undefined);
  isRunning = (id: number): Promise<boolean> => Promise.resolve(this.machines.get(id)?.running ?? false);
  createVolume = ({ id, sizeGb }: VolumeSpec): Promise<void> =>
    this.call('createVolume', id, () => this.volumes.set(id, { sizeGb, serverId: null }));
  resizeVolume = (id: number, sizeGb: number): Promise<void> => this.call('resizeVolume', id, () => (this.volume(id).sizeGb = sizeGb));
  attachVolume = (id: number, serverId: number): Promise<void> =>
    this.call('attachVolume', id, () => (this.volume(id).serverId = this.machine(serverId).spec.id));
  detachVolume = (id: number): Promise<void> => this.call('detachVolume', id, () => (this.volume(id).serverId = null));
  destroyVolume = (id: number): Promise<void> => this.call('destroyVolume', id, () => this.volumes.delete(id));

  async syncNetwork(desired: DesiredNetwork): Promise<void> {
    this.mostSyncsAtOnce = Math.max(this.mostSyncsAtOnce, ++this.syncing);
    await this.gates.get('syncNetwork');
    this.syncing -= 1;
    if (this.broken.has('syncNetwork')) throw new Error('syncNetwork is broken');
    this.network = desired;
  }

  server(id: number): DesiredNetwork['servers'][number] | undefined {
    return this.network.servers.find((server) => server.id === id);
  }

  private machine(id: number): { spec: ServerSpec; running: boolean } {
    const machine = this.machines.get(id);
    if (!machine) throw new Error(`no machine ${id}`);
    return machine;
  }

  private volume(id: number): { sizeGb: number; serverId: number | null } {
    const volume = this.volumes.get(id);
    if (!volume) throw new Error(`no volume ${id}`);
    return volume;
  }

  private async call(name: string, id: number, work: () => unknown): Promise<void> {
    this.calls.push(`${name} ${id}`);
    await this.gates.get(name);
    if (this.broken.has(name)) throw new Error(`${name} is broken`);
    work();
  }
}
