import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMachineCgroup, killMachineCgroup, limitMachineMemory, removeCgroups } from './cgroups';
import { run } from './command';
import { renderMeminfo } from './meminfo';
import { unmountBelow } from './mounts';
import type { Network } from './network';
import type { LabPaths } from './paths';
import { RESOLVERS, resolvConf } from './topology';
import { appear, disappear, renderVolumesTmpfiles, type AttachedVolume } from './volumes';

/** What nspawn ends with when the guest asked for a reboot. */
const REBOOT = 133;
/** systemd: SIGRTMIN+4 stops the machine, SIGRTMIN+5 reboots it. */
const SIGRTMIN = 34;

/** One boot of a machine. */
interface Boot {
  readonly process: ChildProcess;
  readonly initPid: number;
  readonly ended: Promise<number | null>;
}

/** A Debian system on an overlay of the base image, booted by systemd-nspawn into a namespace of its own. */
export class Machine {
  #boot: Boot | null = null;
  /** Powered off by the API: it stays off, whatever exit code the guest ends with. */
  #stopped = true;

  constructor(
    private readonly paths: LabPaths,
    private readonly network: Network,
    private readonly image: string,
    readonly serverId: number,
    readonly name: string,
    /** Attached volumes, asked for at every boot. */
    private readonly volumes: () => readonly AttachedVolume[],
    /** GB of its server type, asked for at every boot. */
    private readonly memory: () => number,
  ) {}

  /** The machine's root file system, mounted while it exists. */
  get root(): string {
    return this.paths.machineRoot(this.serverId);
  }

  get isRunning(): boolean {
    return this.#boot !== null;
  }

  /** Process id of the machine's init on the host; null: off. */
  get initPid(): number | null {
    return this.#boot?.initPid ?? null;
  }

  /** Makes the disk and mounts it. */
  async create(): Promise<void> {
    const [upper, work] = [join(this.#disk, 'upper'), join(this.#disk, 'work')];
    for (const folder of [upper, work, this.root]) await mkdir(folder, { recursive: true });
    // volatile: the overlay does not write through to the host's disk; the lab is thrown away when the host crashes
    const options = `lowerdir=${this.image},upperdir=${upper},workdir=${work},volatile`;
    await run(['mount', '-t', 'overlay', `scale-up-${this.paths.name}`, '-o', options, this.root]);
  }

  async destroy(): Promise<void> {
    await this.powerOff();
    await unmountBelow(this.root);
    await rm(this.root, { recursive: true, force: true });
    await rm(this.#disk, { recursive: true, force: true });
  }

  async powerOn(): Promise<void> {
    if (this.#boot) return;
    this.#stopped = false;
    await this.#start();
  }

  /** Like pulling the plug: the cables first, so that no process can say goodbye, then the processes. */
  async powerOff(): Promise<void> {
    this.#stopped = true;
    const boot = this.#boot;
    if (!boot) return;
    await this.network.unplug(this.serverId);
    await killMachineCgroup(this.paths.name, this.#cgroup);
    await boot.ended;
    await this.#cleanUp();
  }

  /** Asks the guest. */
  shutdown(): void {
    if (this.#boot) process.kill(this.#boot.initPid, SIGRTMIN + 4);
  }

  reboot(): void {
    if (this.#boot) process.kill(this.#boot.initPid, SIGRTMIN + 5);
  }

  volumeAppears(volume: AttachedVolume): Promise<void> {
    return this.#inMachine(appear(volume));
  }

  volumeDisappears(volume: AttachedVolume): Promise<void> {
    return this.#inMachine(disappear(volume));
  }

  get #disk(): string {
    return join(this.paths.disks, 'disks', String(this.serverId));
  }

  get #cgroup(): string {
    return `m-${this.serverId}`;
  }

  async #start(): Promise<void> {
    await mkdir(join(this.root, 'etc/tmpfiles.d'), { recursive: true });
    await writeFile(join(this.root, 'etc/tmpfiles.d/hetzner-volumes.conf'), renderVolumesTmpfiles(this.volumes()));
    await this.network.plug(this.serverId);
    await this.#nameResolvers();
    const cgroupFiles = await createMachineCgroup(this.paths.name, this.#cgroup);
    await limitMachineMemory(this.paths.name, this.#cgroup, this.memory());
    const child = this.#spawn(cgroupFiles);
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const initPid = await Promise.race([findInit(child), ended.then(() => null)]);
    if (initPid === null) throw new Error(`${this.name} did not boot; ${this.#console} says why`);
    this.#boot = { process: child, initPid, ended };
    await this.#showMemory(initPid);
    void ended.then((code) => this.#guestEnded(code));
  }

  /** As much as the server type has, from the first unit on that reads it. Without effect on one that has a /proc of its own. */
  async #showMemory(initPid: number): Promise<void> {
    for (let attempt = 0; attempt < 500 && (await nameOf(initPid)) !== 'systemd'; attempt++) await sleep(10);
    const text = renderMeminfo(await readFile('/proc/meminfo', 'utf8'), this.memory());
    const show = 'printf "%s" "$1" >/run/meminfo && mount --bind /run/meminfo /proc/meminfo';
    await run(['nsenter', `--target=${initPid}`, '--mount', 'sh', '-c', show, 'sh', text]);
  }

  /**
   * What a DHCP client writes at each boot of a server with a public address. On a private network Hetzner's DHCP names no resolver
   * (hetzneronline/community-content issue 1261), so that a server without one keeps what it has: nothing, at first.
   */
  async #nameResolvers(): Promise<void> {
    const server = this.network.desired.servers.find(({ id }) => id === this.serverId);
    const file = join(this.root, 'etc/resolv.conf');
    if (!server?.publicIpv4 || (await lstat(file).catch(() => null))?.isSymbolicLink()) return;
    await writeFile(file, resolvConf(RESOLVERS));
  }

  #spawn(cgroupFiles: readonly string[]): ChildProcess {
    const nspawn = [
      'systemd-nspawn',
      '--quiet',
      '--register=no',
      '--keep-unit',
      '--boot',
      `--directory=${this.root}`,
      `--machine=${this.paths.name}-${this.serverId}`,
      '--capability=all',
      `--network-namespace-path=/run/netns/${this.paths.machineNamespace(this.serverId)}`,
      '--resolv-conf=off',
      '--timezone=off',
      '--link-journal=no',
      '--console=pipe',
    ];
    const log = openSync(this.#console, 'a');
    // The shell enters the cgroups of the machine and becomes nspawn
    const enter = 'while [ "$1" != -- ]; do echo $$ >"$1"; shift; done; shift; exec "$@"';
    const child = spawn('sh', ['-c', enter, 'sh', ...cgroupFiles, '--', ...nspawn], {
      stdio: ['ignore', log, log],
      env: {
        PATH: process.env['PATH'],
        SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'network', // else a machine could not set its own net.* sysctls
        SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1',
      },
    });
    closeSync(log);
    return child;
  }

  get #console(): string {
    return join(this.paths.state, 'consoles', `${this.name}.log`);
  }

  async #guestEnded(code: number | null): Promise<void> {
    if (this.#stopped) return;
    await this.network.unplug(this.serverId);
    await this.#cleanUp();
    if (code === REBOOT && !this.#stopped) await this.#start();
  }

  async #cleanUp(): Promise<void> {
    this.#boot = null;
    await this.network.removeNamespace(this.serverId);
    await removeCgroups(this.paths.name, this.#cgroup);
  }

  async #inMachine(script: string): Promise<void> {
    if (this.#boot) await run(['nsenter', `--target=${this.#boot.initPid}`, '--mount', 'sh', '-c', script]);
  }
}

/** Of a process; empty when it is gone. */
const nameOf = async (pid: number): Promise<string> => (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();

/** nspawn's only child is the machine's init, as soon as it has one in a process namespace of its own. */
async function findInit(nspawn: ChildProcess): Promise<number | null> {
  for (let attempt = 0; attempt < 500 && nspawn.exitCode === null; attempt++) {
    const children = await readFile(`/proc/${nspawn.pid}/task/${nspawn.pid}/children`, 'utf8').catch(() => '');
    for (const pid of children.split(' ').filter(Boolean)) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      if (/^NSpid:\s+\d+\s+1$/m.test(status)) return Number(pid);
    }
    await sleep(10);
  }
  return null;
}
