import type { Problem } from '../errors';

/** How much a load balancer takes at the same time, in all and of one address. docs/capacity.md has the whole picture. */
export interface HaproxyLimits {
  /** Client connections at the same time; more wait in the kernel's queue. 100 to 100000. @default 20000, fits 4 GB of memory */
  readonly connections?: number;
  /**
   * Requests that one web server works on at the same time: so many GET, HEAD and OPTIONS, and as many others. More wait up to 10 s,
   * then get 503. Twice this and `streamsPerServer` are at most 8000, and for all web servers at most `connections`.
   * @default 2500, from three web servers on fewer
   */
  readonly requestsPerServer?: number;
  /** Web sockets and event streams that lead to one web server at the same time. They take no place of other requests. @default as requestsPerServer */
  readonly streamsPerServer?: number;
  /**
   * Connections that one address may have open, at most a quarter of `connections`; 0 for no limit. More are closed at once.
   * Not counted behind Cloudflare, whose proxies share connections among visitors. @default 500
   */
  readonly connectionsPerAddress?: number;
  /**
   * Requests of one address that may be under way at the same time, at most a quarter of what all web servers take; 0 for no limit.
   * More get 429. @default 200
   */
  readonly requestsAtOncePerAddress?: number;
  /** The same for web sockets and event streams. @default 200 */
  readonly streamsPerAddress?: number;
  /** Requests, and new connections, of one address in 10 s; 0 for no limit. More requests get 429, more connections are closed. @default 2000 */
  readonly requestsPerAddress?: number;
  /**
   * So many addresses, each with all that it can get, leave room for others, 1 to 2000: once a quarter of anything is in use, each
   * address gets no more than its share of the rest. @default 200
   */
  readonly floodAddresses?: number;
}

interface Kinds {
  readonly connections: number;
  /** For each web server that works. */
  readonly requests: number;
  /** For each web server that works. */
  readonly streams: number;
}

export interface Limits extends Required<HaproxyLimits> {
  /** With more than these in use, an address gets its share and no more. */
  readonly crowdedFrom: Kinds;
  /** What one address may have then. */
  readonly shares: Kinds;
}

/** Of `connections`, and of what web servers take. */
const CROWDED = 1 / 4;
/** What is shared out among `floodAddresses`; the last twentieth is for everybody else. */
const SHARED = 1 - CROWDED - 1 / 20;
/** A browser by HTTP/1.1 opens as many connections, and has as many requests under way. */
const LEAST_SHARE = 6;
/** One process of Nginx has 16384 connections, and needs two for each request. All requests may come to one process. */
const MOST_OF_NGINX = 8_000;
/** Requests of both kinds, and streams, of all web servers. HAProxy has file descriptors for as many connections to them as to clients. */
const slotsAt = (connections: number, webServers: number) => Math.floor(connections / 3 / Math.max(1, webServers));

const crowdedFrom = (total: number): number => Math.floor(total * CROWDED);
const shareOf = (total: number, addresses: number): number => Math.max(1, Math.floor((total * SHARED) / addresses));

/** At most: whatever is not given fits what is. */
export const LIMIT_DEFAULTS = {
  connections: 20_000,
  requestsPerServer: 2_500,
  connectionsPerAddress: 500,
  requestsAtOncePerAddress: 200,
  streamsPerAddress: 200,
  requestsPerAddress: 2_000,
  floodAddresses: 200,
};

export function completeLimits(given: HaproxyLimits = {}, webServers: number): Required<HaproxyLimits> {
  const usual = LIMIT_DEFAULTS;
  const { connections = usual.connections, floodAddresses = usual.floodAddresses, requestsPerAddress = usual.requestsPerAddress } = given;
  const { requestsPerServer = Math.min(usual.requestsPerServer, slotsAt(connections, webServers)) } = given;
  const { streamsPerServer = requestsPerServer } = given;
  const {
    connectionsPerAddress = Math.min(usual.connectionsPerAddress, crowdedFrom(connections)),
    requestsAtOncePerAddress = Math.min(usual.requestsAtOncePerAddress, crowdedFrom(requestsPerServer * webServers)),
    streamsPerAddress = Math.min(usual.streamsPerAddress, crowdedFrom(streamsPerServer * webServers)),
  } = given;
  return {
    connections,
    requestsPerServer,
    streamsPerServer,
    connectionsPerAddress,
    requestsAtOncePerAddress,
    streamsPerAddress,
    requestsPerAddress,
    floodAddresses,
  };
}

/** With what an address gets in a crowd. */
export function resolveLimits(given: HaproxyLimits = {}, webServers: number): Limits {
  const limits = completeLimits(given, webServers);
  const { connections, requestsPerServer, streamsPerServer, floodAddresses } = limits;
  return {
    ...limits,
    crowdedFrom: {
      connections: crowdedFrom(connections),
      requests: crowdedFrom(requestsPerServer),
      streams: crowdedFrom(streamsPerServer),
    },
    shares: {
      connections: shareOf(connections, floodAddresses),
      requests: shareOf(requestsPerServer, floodAddresses),
      streams: shareOf(streamsPerServer, floodAddresses),
    },
  };
}

/** What of these limits one address, or few, could use up. */
export function unfairLimits(prop: string, given: HaproxyLimits, webServers: number): Problem[] {
  const limits = resolveLimits(given, webServers);
  return [...slots(prop, limits, webServers), ...addresses(prop, limits, webServers)];
}

/** What HAProxy and the memory of a server can bear. */
export const LIMIT_RANGES: Readonly<Record<keyof HaproxyLimits, readonly [least: number, most: number]>> = {
  connections: [100, 100_000],
  requestsPerServer: [1, MOST_OF_NGINX],
  streamsPerServer: [1, MOST_OF_NGINX],
  connectionsPerAddress: [0, 25_000],
  requestsAtOncePerAddress: [0, 25_000],
  streamsPerAddress: [0, 25_000],
  requestsPerAddress: [0, 1_000_000],
  floodAddresses: [1, 2_000],
};

function slots(prop: string, { connections, requestsPerServer, streamsPerServer }: Limits, webServers: number): Problem[] {
  const got = 2 * requestsPerServer + streamsPerServer;
  const most = Math.min(MOST_OF_NGINX, Math.floor(connections / Math.max(1, webServers)));
  if (got <= most) return [];
  const fix =
    most === MOST_OF_NGINX
      ? 'Nginx has no connections for more'
      : `${webServers} web servers times that are no more than ${prop}.connections, which is ${connections}`;
  return [
    {
      code: 'limit-servers',
      prop: `${prop}.requestsPerServer and streamsPerServer`,
      got,
      want: `together at most ${most}, requestsPerServer counted twice`,
      fix,
    },
  ];
}

function addresses(prop: string, limits: Limits, webServers: number): Problem[] {
  const ways = [
    { name: 'connectionsPerAddress', got: limits.connectionsPerAddress, total: limits.connections, share: limits.shares.connections },
    {
      name: 'requestsAtOncePerAddress',
      got: limits.requestsAtOncePerAddress,
      total: limits.requestsPerServer * webServers,
      share: limits.shares.requests * webServers,
    },
    {
      name: 'streamsPerAddress',
      got: limits.streamsPerAddress,
      total: limits.streamsPerServer * webServers,
      share: limits.shares.streams * webServers,
    },
  ];
  const greedy = ways
    .filter(({ got, total }) => got > crowdedFrom(total))
    .map(({ name, got, total }): Problem => ({
      code: 'limit-one-address',
      prop: `${prop}.${name}`,
      got,
      want: `at most ${crowdedFrom(total)}`,
      fix: `one address would have more than a quarter of all, ${total}`,
    }));
  const crammed = ways
    .filter(({ got, share }) => got > 0 && share < LEAST_SHARE)
    .map(({ name, share, total }): Problem => {
      const fix = `of ${total}, each would have ${share} where ${name} is meant, and a browser needs ${LEAST_SHARE}; lower it, or raise what all have`;
      return {
        code: 'limit-share',
        prop: `${prop}.floodAddresses`,
        got: limits.floodAddresses,
        want: `at most ${Math.floor((total * SHARED) / LEAST_SHARE)}`,
        fix,
      };
    });
  return [...greedy, ...crammed];
}
