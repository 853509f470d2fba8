import { setTimeout as sleep } from 'node:timers/promises';
import { callSocket } from './call-socket';
import type { LabPaths } from './paths';

/** The part of a server that the lab's own commands look at, as the API shows it. */
export interface ProjectServer {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly server_type: { readonly name: string };
  readonly labels: Readonly<Record<string, string>>;
  readonly public_net: { readonly ipv4: { readonly ip: string } | null };
  readonly private_net: readonly { readonly ip: string; readonly alias_ips: readonly string[] }[];
}

interface FloatingIp {
  readonly ip: string;
  readonly server: number | null;
}

interface Action {
  readonly id: number;
  readonly status: 'running' | 'success' | 'error';
  readonly error: { readonly code: string; readonly message: string } | null;
}

export type PowerAction = 'poweron' | 'poweroff' | 'shutdown' | 'reboot' | 'reset';

/** The emulated Hetzner project, by a socket that needs no token and that faults of the API do not affect. */
export class Project {
  constructor(private readonly paths: LabPaths) {}

  async servers(): Promise<readonly ProjectServer[]> {
    const servers: ProjectServer[] = [];
    for (let page: number | null = 1; page !== null;) {
      const answer = (await this.#call('GET', `/v1/servers?per_page=50&page=${page}`)) as {
        servers: ProjectServer[];
        meta: { pagination: { next_page: number | null } };
      };
      servers.push(...answer.servers);
      page = answer.meta.pagination.next_page;
    }
    return servers;
  }

  async server(name: string): Promise<ProjectServer> {
    const servers = await this.servers();
    const found = servers.find((server) => server.name === name);
    if (!found) throw new Error(`there is no server ${name}, there are ${servers.map((server) => server.name).join(', ') || 'none'}`);
    return found;
  }

  async floatingIps(): Promise<readonly FloatingIp[]> {
    return ((await this.#call('GET', '/v1/floating_ips?per_page=50')) as { floating_ips: FloatingIp[] }).floating_ips;
  }

  /** Returns when the action has ended. Throws if it failed. */
  async power(name: string, verb: PowerAction): Promise<void> {
    const { id } = await this.server(name);
    await this.#end(`${verb} of ${name}`, await this.#call('POST', `/v1/servers/${id}/actions/${verb}`));
  }

  /** As in the console of Hetzner: the server is gone at once, whatever it was doing, and its volumes are detached. */
  async remove(name: string): Promise<void> {
    const { id } = await this.server(name);
    await this.#end(`deletion of ${name}`, await this.#call('DELETE', `/v1/servers/${id}`));
  }

  /** Deletes the detached volume of that name. */
  async removeVolume(name: string): Promise<void> {
    const { volumes } = (await this.#call('GET', `/v1/volumes?name=${encodeURIComponent(name)}`)) as { volumes: { readonly id: number }[] };
    if (!volumes[0]) throw new Error(`there is no volume ${name}`);
    await this.#call('DELETE', `/v1/volumes/${volumes[0].id}`);
  }

  /** Waits for the end of an action. */
  async #end(what: string, started: unknown): Promise<void> {
    let { action } = started as { action: Action };
    while (action.status === 'running') {
      await sleep(50);
      action = ((await this.#call('GET', `/v1/actions/${action.id}`)) as { action: Action }).action;
    }
    if (action.status === 'error') throw new Error(`${what} failed: ${action.error?.message ?? 'no reason given'}`);
  }

  #call(method: string, path: string): Promise<unknown> {
    return callSocket(this.paths.apiSocket, method, path, undefined, { timeoutMilliseconds: 30_000 });
  }
}
