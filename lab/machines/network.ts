import type { DesiredNetwork, DesiredServer } from '../api/hardware';
import { ipBatch, run, tryRun } from './command';
import { renderRuleset, type LinkFault } from './firewall';
import { LeaseDelays, offerLease, withdrawAllLeases, withdrawLease } from './leases';
import { LinkFaults } from './link-faults';
import type { LabPaths } from './paths';
import { configureGuest, layCable, linksOf, NetworkTables, routerRoutes, type Link } from './topology';

/**
 * Brings cables, routes and firewalls between the router and the machines to the state that the API wants. Operations run one
 * after another, each on the whole network, so that the next one repairs a failed one.
 * Runs in the router's namespace.
 */
export class Network {
  readonly faults = new LinkFaults();
  readonly leaseDelays = new LeaseDelays();
  readonly #tables = new NetworkTables();
  readonly #ruledTables = new Set<number>();
  /** By server: the cables of its present boot. */
  readonly #laid = new Map<number, Map<string, Link>>();
  #routes = new Set<string>();
  #ruleset = '';
  #desired: DesiredNetwork = { servers: [], routes: [] };
  #queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly paths: LabPaths) {}

  get desired(): DesiredNetwork {
    return this.#desired;
  }

  /** Sets the wanted state. */
  want(desired: DesiredNetwork): Promise<void> {
    this.#desired = desired;
    return this.sync();
  }

  sync(): Promise<void> {
    return this.#oneAtATime(() => this.#sync());
  }

  /** A fresh namespace for a machine that is about to boot: nothing that it did not persist is in it. */
  plug(serverId: number): Promise<void> {
    return this.#oneAtATime(async () => {
      const namespace = this.paths.machineNamespace(serverId);
      await tryRun(['ip', 'netns', 'delete', namespace]);
      await run(['ip', 'netns', 'add', namespace]);
      await ipBatch(['link set lo up'], namespace);
      await withdrawAllLeases(this.paths.machineRoot(serverId));
      this.#laid.set(serverId, new Map());
      await this.#sync();
    });
  }

  /** Pulls all cables at once, so that the other side hears nothing from the dying processes. */
  unplug(serverId: number): Promise<void> {
    return this.#oneAtATime(async () => {
      const devices = [...(this.#laid.get(serverId)?.keys() ?? [])];
      this.#laid.delete(serverId);
      await tryRunBatch([...devices.map((device) => `link set ${device} down`), ...devices.map((device) => `link delete ${device}`)]);
      await this.#sync();
    });
  }

  /** Once nothing runs in it any more. */
  async removeNamespace(serverId: number): Promise<void> {
    await tryRun(['ip', 'netns', 'delete', this.paths.machineNamespace(serverId)]);
  }

  async #sync(): Promise<void> {
    const plugged = this.#desired.servers.filter((server) => this.#laid.has(server.id));
    for (const server of plugged) await this.#syncCables(server);
    const links = [...this.#laid.values()].flatMap((cables) => [...cables.values()]);
    const faults = this.faults.resolve(this.#desired, (server) => linksOf(server, this.#tables));
    await this.#syncRoutes(links);
    await this.#syncRuleset(links, faults);
  }

  async #syncCables(server: DesiredServer): Promise<void> {
    const laid = this.#laid.get(server.id) ?? new Map<string, Link>();
    const namespace = this.paths.machineNamespace(server.id);
    const wanted = new Map(linksOf(server, this.#tables).map((link) => [link.device, link]));
    for (const [device, link] of laid) {
      if (sameCable(link, wanted.get(device))) continue;
      await tryRunBatch([`link delete ${device}`]);
      await withdrawLease(this.paths.machineRoot(server.id), link.guestDevice);
      laid.delete(device);
    }
    for (const [device, link] of wanted) {
      if (!laid.has(device)) {
        await ipBatch(layCable(link, namespace));
        await this.#configure(server, link);
      }
      laid.set(device, link);
    }
  }

  /** The public side is there before anything asks for it; the private one the machine configures itself, later. */
  async #configure(server: DesiredServer, link: Link): Promise<void> {
    const alone = server.publicIpv4 === null;
    if (link.kind === 'public') await ipBatch(configureGuest(link, alone), this.paths.machineNamespace(server.id));
    else await offerLease(this.paths.machineRoot(server.id), link, alone, this.leaseDelays.of(server.name));
  }

  async #syncRoutes(links: readonly Link[]): Promise<void> {
    const wanted = routerRoutes(links, this.#desired.routes);
    const rules = links.flatMap((link) => (link.table === null || this.#ruledTables.has(link.table) ? [] : [link.table]));
    for (const table of new Set(rules)) {
      await ipBatch([`rule add pref 50 fwmark ${table} lookup ${table}`]);
      this.#ruledTables.add(table);
    }
    const stale = [...this.#routes].filter((route) => !wanted.routes.includes(route));
    // New routes first, so that a moving address always has one
    await ipBatch([
      ...wanted.neighbours.map((neighbour) => `neighbour replace ${neighbour}`),
      ...wanted.routes.map((route) => `route replace ${route}`),
    ]);
    await tryRunBatch(stale.map((route) => `route delete ${route}`));
    this.#routes = new Set(wanted.routes);
  }

  async #syncRuleset(links: readonly Link[], faults: readonly LinkFault[]): Promise<void> {
    const firewalls = new Map(
      this.#desired.servers.flatMap((server) => (server.firewallRules === null ? [] : [[`p${server.id}`, server.firewallRules] as const])),
    );
    const ruleset = renderRuleset({ links, firewalls, faults });
    if (ruleset === this.#ruleset) return;
    await run(['nft', '-f', '-'], { input: ruleset });
    this.#ruleset = ruleset;
  }

  #oneAtATime<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

/** Addresses that are only routed may change on a running link; everything else is another cable. */
const sameCable = (laid: Link, wanted: Link | undefined): boolean =>
  wanted !== undefined &&
  laid.address === wanted.address &&
  laid.gateway === wanted.gateway &&
  laid.macAddress === wanted.macAddress &&
  laid.table === wanted.table;

/** What is to go may be gone already, with its device. */
const tryRunBatch = (lines: readonly string[]): Promise<unknown> =>
  lines.length === 0 ? Promise.resolve() : run(['ip', '-force', '-batch', '-'], { input: lines.join('\n') + '\n' }).catch(() => undefined);
