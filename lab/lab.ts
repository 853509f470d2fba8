import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { FaultOrder } from './api';
import { deploy, type DeployOptions } from './client/deploy';
import { readOutputs, type Outputs } from './client/outputs';
import { callSocket } from './machines/call-socket';
import type { MachineReport } from './machines/control';
import { execInMachine, type Executed, type ExecOptions } from './machines/exec';
import type { Cut, Degradation } from './machines/link-faults';
import { USUAL_DELAY_SECONDS } from './machines/leases';
import { labPaths, type LabPaths } from './machines/paths';
import { ensureSecrets, type Secrets } from './machines/secrets';
import { EDGE } from './machines/topology';
import type { SiteFault } from './names/sites';
import { changeProject, readProject } from './project-client';
import type { Target } from './traffic';

export type { FaultOrder } from './api';
export type { Executed, ExecOptions } from './machines/exec';
export type { Cut, Degradation } from './machines/link-faults';

/** From the visitor inwards. */
export const TIERS = ['lb', 'web', 'app', 'mysql'] as const;
export type Tier = (typeof TIERS)[number];

/** A machine, with the project's data of its server. */
export interface LabMachine {
  /** Of the server. */
  readonly id: number;
  readonly name: string;
  readonly tier: Tier;
  /** Such as cx23. */
  readonly serverType: string;
  readonly privateAddress: string;
  /** Load balancers have one; it is where the API sees their requests come from. */
  readonly publicAddress: string | null;
  /** As Hetzner names it: running, off, ... */
  readonly status: string;
  readonly running: boolean;
}

/** The holders of the addresses that move, by the API: names of machines. */
export interface AddressHolders {
  readonly floatingIp: string | null;
  readonly natGateway: string | null;
}

/** Times of the emulated Hetzner, in milliseconds. */
export interface ApiTimes {
  /** To move an address: the L of the targets. */
  readonly action: number;
  /** To answer: shortest and longest. */
  readonly answer: { readonly from: number; readonly to: number };
}

/** Actions that move addresses. Moving the alias takes two of them, one after another. */
const ADDRESS_ACTIONS = ['assign_floating_ip', 'unassign_floating_ip', 'change_alias_ips'];

export type EmulatedApi = 'hetzner' | 'cloudflare';
/** Where their control paths begin, on the one control socket. */
const CONTROL_PATHS: Readonly<Record<EmulatedApi, string>> = { hetzner: '', cloudflare: '/cloudflare' };

/** Where a visitor of the site connects. */
export interface Entrance extends Target {
  readonly by: 'floating IP' | 'Cloudflare';
}

const DEFAULT_DOMAIN = 'www.example.test';

/**
 * A running lab. Works from anywhere on the host, also inside the client's namespace.
 * @throws if no lab of this name runs
 */
export async function openLab(name?: string): Promise<Lab> {
  const paths = labPaths(name);
  const times = await readApiTimes(paths).catch((error: unknown) => {
    throw new Error(`no lab called ${paths.name} runs; start it with: npx lab up`, { cause: error });
  });
  const secrets = await ensureSecrets(paths);
  const floatingIp = (await readProject(paths)).floating_ips[0]?.ip ?? '';
  return new Lab(paths, secrets, await readOutputs(paths), floatingIp, times);
}

/** A running lab as its clients see it: commands, faults, scenarios and tests. */
export class Lab {
  constructor(
    readonly paths: LabPaths,
    readonly secrets: Secrets,
    readonly outputs: Outputs,
    /** Empty before the first deploy. */
    readonly floatingIp: string,
    /** When it was opened. */
    readonly apiTimes: ApiTimes,
  ) {}

  get name(): string {
    return this.paths.name;
  }

  get url(): string {
    return this.outputs.url ?? `https://${DEFAULT_DOMAIN}/`;
  }

  get domain(): string {
    return new URL(this.url).hostname;
  }

  /** The site at the floating IP, also where visitors come through Cloudflare. */
  get target(): Target {
    return { address: this.floatingIp, host: this.domain };
  }

  /** In the order of tiers and names, so that choices by a seed do not depend on the order in which servers were made. */
  async machines(): Promise<readonly LabMachine[]> {
    const { servers } = await readProject(this.paths);
    const machines = servers.map((server) => ({
      id: server.id,
      name: server.name,
      tier: server.labels['tier'] as Tier,
      serverType: server.server_type.name,
      privateAddress: server.private_net[0]?.ip ?? '',
      publicAddress: server.public_net.ipv4?.ip ?? null,
      status: server.status,
      running: server.status === 'running',
    }));
    return machines.sort((a, b) => TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier) || a.name.localeCompare(b.name, 'en', { numeric: true }));
  }

  /** @throws if there is none of this name */
  async machine(name: string): Promise<LabMachine> {
    const machines = await this.machines();
    const found = machines.find((machine) => machine.name === name);
    if (!found) throw new Error(`there is no machine ${name}, there are ${machines.map((machine) => machine.name).join(', ') || 'none'}`);
    return found;
  }

  async addressHolders(): Promise<AddressHolders> {
    const { servers, floating_ips: floatingIps } = await readProject(this.paths);
    const holder = floatingIps.find(({ ip }) => ip === this.floatingIp)?.server ?? null;
    return {
      floatingIp: servers.find((server) => server.id === holder)?.name ?? null,
      natGateway: servers.find((server) => server.private_net.some((net) => net.alias_ips.length > 0))?.name ?? null,
    };
  }

  /** The address that the Internet's resolvers answer: the floating IP, or Cloudflare's edge when the name is proxied. */
  async entrance(): Promise<Entrance> {
    const { dns_records: records } = (await this.#control('GET', `${CONTROL_PATHS.cloudflare}/world`)) as {
      dns_records: { name: string; proxied: boolean }[];
    };
    if (!records.some(({ name, proxied }) => proxied && name === this.domain)) {
      return { by: 'floating IP', ...this.target, ...(this.outputs.ca_certificate && { ca: this.outputs.ca_certificate }) };
    }
    return { by: 'Cloudflare', address: EDGE.address, host: this.domain, ca: await readFile(this.paths.edgeRoot, 'utf8') };
  }

  /** Runs a program on a machine by a way that no fault of the network closes. A program that fails is a result, not an error. */
  async exec(machine: string, argv: readonly string[], options: ExecOptions = {}): Promise<Executed> {
    return execInMachine(await this.initPid(machine), argv, options);
  }

  /**
   * Runs a program of this host in the network of a machine, and tells of each line that it prints. Resolves when it has ended, which the signal
   * makes it do. Costs a machine less than `exec` again and again, and nothing of it runs inside.
   */
  follow(machine: LabMachine, argv: readonly string[], onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
    const child = spawn('nsenter', [`--net=/run/netns/${this.paths.machineNamespace(machine.id)}`, ...argv], {
      stdio: ['ignore', 'pipe', 'ignore'],
      signal,
    });
    createInterface(child.stdout).on('line', onLine);
    return new Promise((resolve) => child.on('error', () => undefined).on('close', () => resolve()));
  }

  /** Process id on the host of a machine's init. Throws if the machine is off. */
  async initPid(machine: string): Promise<number> {
    const { initPid } = await this.report(machine);
    if (initPid === null) throw new Error(`${machine} is off; power it on with: npx lab power-on ${machine}`);
    return initPid;
  }

  async report(machine: string): Promise<MachineReport> {
    const reports = (await this.#control('GET', '/machines')) as MachineReport[];
    const found = reports.find((report) => report.name === machine);
    if (!found) throw new Error(`there is no machine ${machine}, there are ${reports.map((report) => report.name).join(', ') || 'none'}`);
    return found;
  }

  async powerOn(machine: string): Promise<void> {
    await this.#act(machine, 'poweron');
  }

  /** At once, without asking the machine. */
  async powerOff(machine: string): Promise<void> {
    await this.#act(machine, 'poweroff');
  }

  /** Returns when the machine has been asked. */
  async shutdown(machine: string): Promise<void> {
    await this.#act(machine, 'shutdown');
  }

  async reboot(machine: string): Promise<void> {
    await this.#act(machine, 'reboot');
  }

  async reset(machine: string): Promise<void> {
    await this.#act(machine, 'reset');
  }

  /**
   * As in the console of Hetzner: the server goes without a shutdown, and its volumes are detached. Deletes its data volume, too, if
   * wanted. The next deploy makes what is missing.
   */
  async deleteServer(machine: string, options: { readonly volume?: boolean } = {}): Promise<void> {
    await changeProject(this.paths, `deletion of ${machine}`, 'DELETE', `/v1/servers/${(await this.machine(machine)).id}`);
    if (options.volume) await changeProject(this.paths, `deletion of the volume of ${machine}`, 'DELETE', await this.#volumeOf(machine));
  }

  /** As in the console of Hetzner: the data volume of a machine gets larger, and what is on it does not. */
  async growVolume(machine: string, gigabytes: number): Promise<void> {
    const path = `${await this.#volumeOf(machine)}/actions/resize`;
    await changeProject(this.paths, `growth of the volume of ${machine}`, 'POST', path, { size: gigabytes });
  }

  /**
   * `cdktf deploy`: makes what is missing. Rejects if it failed; then run it again, as an operator would. Takes the secrets as they are
   * now, which may have been rotated since this lab was opened.
   */
  async deploy(options: DeployOptions = {}): Promise<void> {
    await deploy(await openLab(this.name), options);
  }

  async cut(cut: Cut): Promise<void> {
    await this.#control('POST', '/links/cut', cut);
  }

  /** Safe where nothing is cut. Without a peer: heals whatever is wrong with that link. */
  async heal(cut: Cut): Promise<void> {
    await this.#control('POST', '/links/heal', cut);
  }

  async healAll(): Promise<void> {
    await this.#control('DELETE', '/links');
  }

  async degrade(degradation: Degradation): Promise<void> {
    await this.#control('POST', '/links/degrade', degradation);
  }

  /**
   * Sets the delay after network-online.target until private interfaces get their address, from the next boot on, for one machine or
   * for all.
   */
  async latePrivateInterfaces(seconds = USUAL_DELAY_SECONDS, machine?: string): Promise<void> {
    await this.#control('POST', '/private-interfaces', { seconds, ...(machine !== undefined && { machine }) });
  }

  /** The next server of that name finds no metadata at its first boot. */
  async missMetadata(machine: string): Promise<void> {
    await this.#control('POST', '/metadata/missing', { machine });
  }

  /** Takes effect now, for all clients of the emulated Hetzner but the lab itself. */
  async setApiTimes({ action, answer }: Partial<ApiTimes>): Promise<void> {
    if (action !== undefined)
      await this.#control('PUT', '/timings', Object.fromEntries(ADDRESS_ACTIONS.map((command) => [command, action])));
    if (answer !== undefined) await this.#control('PUT', '/answer-times', answer);
  }

  async apiFault(fault: FaultOrder, api: EmulatedApi = 'hetzner'): Promise<void> {
    await this.#control('POST', `${CONTROL_PATHS[api]}/faults`, fault);
  }

  async clearApiFaults(api: EmulatedApi = 'hetzner'): Promise<void> {
    await this.#control('DELETE', `${CONTROL_PATHS[api]}/faults`);
  }

  /** Replaces the token of that name in the emulated project or account. */
  async allowToken(name: string, value: string, api: EmulatedApi = 'hetzner'): Promise<void> {
    await this.#control('PUT', `${CONTROL_PATHS[api]}/tokens/${name}`, { value });
  }

  async revokeToken(name: string, api: EmulatedApi = 'hetzner'): Promise<void> {
    await this.#control('DELETE', `${CONTROL_PATHS[api]}/tokens/${name}`);
  }

  /** Silences name servers. @param addresses none: all of them */
  async breakResolvers(addresses?: readonly string[]): Promise<void> {
    await this.#control('POST', '/resolvers/fault', { addresses });
  }

  async mendResolvers(): Promise<void> {
    await this.#control('DELETE', '/resolvers/fault');
  }

  /** Breaks a site with packages, such as repo.mysql.com. */
  async breakSite(host: string, kind: SiteFault): Promise<void> {
    await this.#control('POST', '/sites/fault', { host, kind });
  }

  /** @param host none: all of them */
  async mendSites(host?: string): Promise<void> {
    await this.#control('DELETE', `/sites/fault${host === undefined ? '' : `?host=${encodeURIComponent(host)}`}`);
  }

  /** A command line that runs `argv` on the client's side of the Internet: in its network, with its resolvers. */
  inClient(argv: readonly string[]): string[] {
    const { clientNamespace, clientResolvConf } = this.paths;
    // Mounts of the host stay visible in there
    const ownMounts = [
      'unshare',
      '--mount',
      '--propagation',
      'slave',
      'sh',
      '-c',
      'mount --bind "$0" /etc/resolv.conf && exec "$@"',
      clientResolvConf,
    ];
    return ['nsenter', `--net=/run/netns/${clientNamespace}`, ...ownMounts, ...argv];
  }

  async #act(machine: string, action: 'poweron' | 'poweroff' | 'shutdown' | 'reboot' | 'reset'): Promise<void> {
    const path = `/v1/servers/${(await this.machine(machine)).id}/actions/${action}`;
    await changeProject(this.paths, `${action} of ${machine}`, 'POST', path);
  }

  async #volumeOf(machine: string): Promise<string> {
    const name = `${machine}-data`;
    const volume = (await readProject(this.paths)).volumes.find((each) => each.name === name);
    if (!volume) throw new Error(`there is no volume ${name}`);
    return `/v1/volumes/${volume.id}`;
  }

  #control(method: string, path: string, body?: unknown): Promise<unknown> {
    return callSocket(this.paths.controlSocket, method, path, body);
  }
}

async function readApiTimes({ controlSocket }: LabPaths): Promise<ApiTimes> {
  const timings = (await callSocket(controlSocket, 'GET', '/timings')) as Record<string, number>;
  const answer = (await callSocket(controlSocket, 'GET', '/answer-times')) as ApiTimes['answer'];
  return { action: timings['assign_floating_ip'] ?? timings['default'] ?? 0, answer };
}
