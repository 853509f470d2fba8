import { coresOf, memoryMegabytesOf } from '../../lib/hetzner/server-types';
import { NETWORK_ZONES } from '../../lib/hetzner/locations';
import type { Tier } from '../../lib/net/address-plan';
import type { Environment, PlannedServer } from '../environment/stack';
import { PARTS, REQUESTS, type Costs, type Part, type RequestKind } from './costs';

/** Of all processors; what is left is for peaks, for the system, and for whatever else runs there. */
export const USED_SHARE = 0.7;
/** Of a load balancer: for the system, keepalived and the agent, and for buffers of those who read slowly. A guess. */
const OTHER_MEMORY_MEGABYTES = 1536;
/**
 * Outgoing traffic that is included, in bytes, of each server in Europe; elsewhere it is less and differs by type. 20 TB by
 * https://www.hetzner.com/cloud, which was not read again for this; the emulated API has the same.
 */
const INCLUDED_BYTES = 20 * 1024 ** 4;
const EUROPE = Object.entries(NETWORK_ZONES).flatMap(([location, zone]) => (zone === 'eu-central' ? [location] : []));
const SECONDS_A_MONTH = 30 * 86_400;

export const TIER_OF: Readonly<Record<Part, Tier>> = { lb: 'lb', web: 'web', app: 'app', readers: 'mysql', primary: 'mysql' };

export interface Bearing {
  readonly request: RequestKind;
  /** A second, with all servers. */
  readonly perSecond: number;
  /** A second, while one server of each tier is lost. */
  readonly withOneLost: number;
  /** Where it ends first. */
  readonly endsAt: Part;
}

export interface Capacity {
  readonly requests: readonly Bearing[];
  readonly connections: {
    readonly kept: number;
    readonly endsAt: 'limit' | 'memory';
    /** The setting `loadBalancers.limits.connections`. */
    readonly limit: number;
    /** As many would fit in the memory of a load balancer. */
    readonly byMemory: number;
    /** A second, each with a handshake. */
    readonly newPerSecond: number;
  };
  /** Undefined outside Europe, where the included traffic is not known here. */
  readonly traffic: { readonly includedBytes: number; readonly averageBitsPerSecond: number } | undefined;
}

export type Planned = Pick<Environment, 'servers'> & { readonly connections: number };

/** What an environment bears, by its processors, its memory and its limits. @throws for a server type that is not known here */
export function capacityOf(environment: Planned, costs: Costs): Capacity {
  const [balancer] = ofTier(environment, 'lb');
  if (!balancer) throw new Error('there is no load balancer');
  return {
    requests: REQUESTS.map((request) => bearing(environment, costs, request)),
    connections: connections(environment, balancer, costs),
    traffic: EUROPE.includes(balancer.location)
      ? { includedBytes: INCLUDED_BYTES, averageBitsPerSecond: (INCLUDED_BYTES * 8) / SECONDS_A_MONTH }
      : undefined,
  };
}

function bearing(environment: Planned, { requests }: Costs, request: RequestKind): Bearing {
  const at = (lost: number) =>
    PARTS.flatMap((part) => {
      const cost = requests[request][part];
      return cost ? [{ part, perSecond: perSecond(usableCores(environment, part, lost), cost) }] : [];
    }).reduce((least, each) => (each.perSecond < least.perSecond ? each : least));
  const { part, perSecond: all } = at(0);
  return { request, perSecond: all, withOneLost: at(1).perSecond, endsAt: part };
}

const perSecond = (cores: number, microseconds: number): number => Math.round((cores * USED_SHARE * 1e6) / microseconds);

/** Cores that work on requests. @param lost how many servers of the part's tier are not there */
export function usableCores(environment: Planned, part: Part, lost = 0): number {
  const servers = ofTier(environment, TIER_OF[part]);
  const cores = servers.map(({ serverType }) => known(serverType, coresOf(serverType))).sort((a, b) => a - b);
  switch (part) {
    // The other one waits, and takes over
    case 'lb':
    case 'primary':
      return cores[0] ?? 0;
    // One process of Node, which computes on one core
    case 'app':
      return Math.max(0, servers.length - lost);
    default:
      return cores.slice(0, Math.max(0, cores.length - lost)).reduce((sum, each) => sum + each, 0);
  }
}

function connections({ connections: limit }: Planned, { serverType }: PlannedServer, costs: Costs): Capacity['connections'] {
  const free = Math.max(0, known(serverType, memoryMegabytesOf(serverType)) - OTHER_MEMORY_MEGABYTES);
  const byMemory = Math.floor((free * 1024) / costs.kilobytesPerConnection);
  return {
    kept: Math.min(limit, byMemory),
    endsAt: limit <= byMemory ? 'limit' : 'memory',
    limit,
    byMemory,
    newPerSecond: perSecond(known(serverType, coresOf(serverType)), costs.newConnection),
  };
}

export const ofTier = ({ servers }: Pick<Planned, 'servers'>, tier: Tier): readonly PlannedServer[] =>
  servers.filter((server) => server.tier === tier);

function known(serverType: string, value: number | undefined): number {
  if (value === undefined) throw new Error(`the server type ${serverType} is not known here; add it to lib/hetzner/server-types.ts`);
  return value;
}
