import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DesiredNetwork, DesiredServer, Hardware, ServerSpec, ServerTypeSpec, VolumeSpec } from '../api/hardware';
import { initialiseDisk, withoutMetadata } from './guest-init';
import { Machine } from './machine';
import { Network } from './network';
import type { LabPaths } from './paths';
import { Volumes } from './volumes';

/** Hetzner's hardware on one Linux host: machines by systemd-nspawn, volumes by loop devices, a router namespace as network. */
export class LinuxHardware implements Hardware {
  readonly network: Network;
  readonly #volumes: Volumes;
  /** Names of future servers without metadata, and ids of those that were made so. */
  readonly #shallMissMetadata = new Set<string>();
  readonly #missesMetadata = new Set<number>();
  readonly #servers = new Map<number, { readonly spec: ServerSpec; serverType: ServerTypeSpec; readonly machine: Machine }>();

  /** @param image folder with the base image's root file system */
  constructor(
    private readonly paths: LabPaths,
    private readonly image: string,
  ) {
    this.network = new Network(paths);
    this.#volumes = new Volumes(paths);
  }

  get machines(): readonly Machine[] {
    return [...this.#servers.values()].map(({ machine }) => machine);
  }

  /** Machines are Debian 13 whatever the image; the lab's status says so. */
  async createServer(spec: ServerSpec): Promise<void> {
    const volumes = () => this.#volumes.of(spec.id);
    const memory = () => this.#server(spec.id).serverType.memory;
    const machine = new Machine(this.paths, this.network, this.image, spec.id, spec.name, volumes, memory);
    await mkdir(join(this.paths.state, 'consoles'), { recursive: true });
    this.#servers.set(spec.id, { spec, serverType: spec.serverType, machine });
    await machine.create();
    if (this.#shallMissMetadata.delete(spec.name)) this.#missesMetadata.add(spec.id);
    await initialiseDisk(machine.root, this.#missesMetadata.has(spec.id) ? withoutMetadata(spec) : spec);
  }

  async destroyServer(id: number): Promise<void> {
    await this.#servers.get(id)?.machine.destroy();
    this.#servers.delete(id);
    this.#missesMetadata.delete(id);
  }

  powerOn(id: number): Promise<void> {
    return this.#machine(id).powerOn();
  }

  powerOff(id: number): Promise<void> {
    return this.#machine(id).powerOff();
  }

  async shutdown(id: number): Promise<void> {
    this.#machine(id).shutdown();
  }

  async reboot(id: number): Promise<void> {
    this.#machine(id).reboot();
  }

  async reset(id: number): Promise<void> {
    await this.powerOff(id);
    await this.powerOn(id);
  }

  async isRunning(id: number): Promise<boolean> {
    return this.#machine(id).isRunning;
  }

  /** Memory changes at the next boot. The disk does not change: machines share that of the host. */
  async changeServerType(id: number, serverType: ServerTypeSpec): Promise<void> {
    this.#server(id).serverType = serverType;
  }

  createVolume(spec: VolumeSpec): Promise<void> {
    return this.#volumes.create(spec);
  }

  resizeVolume(id: number, sizeGb: number): Promise<void> {
    return this.#volumes.resize(id, sizeGb);
  }

  async attachVolume(id: number, serverId: number): Promise<void> {
    const volume = await this.#volumes.attach(id, serverId);
    await this.#machine(serverId).volumeAppears(volume);
  }

  async detachVolume(id: number): Promise<void> {
    const volume = await this.#volumes.detach(id);
    if (volume) await this.#servers.get(volume.serverId)?.machine.volumeDisappears(volume);
  }

  destroyVolume(id: number): Promise<void> {
    return this.#volumes.destroy(id);
  }

  syncNetwork(desired: DesiredNetwork): Promise<void> {
    return this.network.want(desired);
  }

  /**
   * The next server of that name finds no metadata service at its first boot, as happened to private-only servers at Hetzner
   * (kube-hetzner issue 2268): no key to log in with, no host key of the user data. A reboot does not repair it here; whether
   * one does at Hetzner is not known.
   */
  missMetadata(name: string): void {
    this.#shallMissMetadata.add(name);
  }

  /** For the metadata service. */
  serverAt(address: string): { spec: ServerSpec; server: DesiredServer } | null {
    const server = this.network.desired.servers.find(
      ({ publicIpv4, floatingIps, privateNets }) =>
        publicIpv4 === address ||
        floatingIps.includes(address) ||
        privateNets.some((net) => net.ip === address || net.aliasIps.includes(address)),
    );
    const spec = server && this.#servers.get(server.id)?.spec;
    return server && spec && !this.#missesMetadata.has(server.id) ? { spec, server } : null;
  }

  #machine(id: number): Machine {
    return this.#server(id).machine;
  }

  #server(id: number) {
    const server = this.#servers.get(id);
    if (!server) throw new Error(`there is no machine for server ${id}`);
    return server;
  }
}
