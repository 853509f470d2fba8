import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Shared by all labs of a host: base images and fetched packages. */
export const SHARED = '/var/lib/scale-up-lab';

/** Folders of one lab, and names of its namespaces and cgroups. */
export interface LabPaths {
  readonly name: string;
  /** Sockets, logs, secrets; in the repository, ignored by git. */
  readonly state: string;
  /** Disks, volumes and mounts; large. */
  readonly disks: string;
  readonly images: string;
  readonly packageCache: string;
  /** CA of the lab's Internet, shared by all labs: lab/names/authority.ts. */
  readonly authority: string;
  /** What https://repo.mysql.com/ serves: a folder of static files. */
  readonly mysqlRepository: string;
  readonly routerNamespace: string;
  readonly clientNamespace: string;
  readonly edgeNamespace: string;
  machineNamespace(serverId: number): string;
  /** Where a machine's root file system is mounted. */
  machineRoot(serverId: number): string;
  readonly controlSocket: string;
  readonly apiSocket: string;
  readonly packageSocket: string;
  /** /etc/resolv.conf on the client's side. */
  readonly clientResolvConf: string;
  /** The CA that visitors of the emulated Cloudflare's edge must trust; there while it listens. */
  readonly edgeRoot: string;
  readonly secrets: string;
}

/**
 * @param name lower-case letters, digits and dashes, 20 characters at most
 * @throws if the name is not valid in names of namespaces and cgroups
 */
export function labPaths(name = process.env['LAB_NAME'] ?? 'lab'): LabPaths {
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name)) {
    throw new Error(`LAB_NAME is ${JSON.stringify(name)}, want lower-case letters, digits and dashes, at most 20; choose another`);
  }
  const state = join(REPOSITORY, '.lab', name);
  const disks = process.env['LAB_DIR'] ?? join(SHARED, name);
  return {
    name,
    state,
    disks,
    images: join(SHARED, 'images'),
    packageCache: join(SHARED, 'packages'),
    authority: join(SHARED, 'authority'),
    mysqlRepository: join(SHARED, 'mysql-apt', name, 'site'),
    routerNamespace: `${name}-router`,
    clientNamespace: `${name}-client`,
    edgeNamespace: `${name}-edge`,
    machineNamespace: (serverId) => `${name}-m-${serverId}`,
    machineRoot: (serverId) => join(disks, 'machines', String(serverId)),
    controlSocket: join(state, 'control.sock'),
    apiSocket: join(state, 'api.sock'),
    packageSocket: join(state, 'packages.sock'),
    clientResolvConf: join(state, 'resolv.conf'),
    edgeRoot: join(state, 'edge-ca.pem'),
    secrets: join(state, 'secrets'),
  };
}

export function makeStateFolders(paths: LabPaths): void {
  mkdirSync(paths.state, { recursive: true });
  mkdirSync(paths.secrets, { recursive: true, mode: 0o700 });
  mkdirSync(paths.disks, { recursive: true });
}
