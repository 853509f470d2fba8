import type { Hsts } from '../config/haproxy';
import type { Problem } from '../errors';
import { DEFAULT_SERVER_TYPE } from '../hetzner/server-types';
import { completeLimits, LIMIT_RANGES, unfairLimits, type HaproxyLimits } from '../net/capacity';
import { each, flag, group, number, required, withDefaults, withoutProblems, type Resolved, type Rules } from './rules';
import { serverType, serverTypeProblems, type Place } from './servers';

/** Settings of the two load balancers. */
export interface LoadBalancerSettings {
  /** @default 'cx23' */
  readonly serverType?: string;
  /** Strict-Transport-Security. @default none: a site that later drops https would be unreachable for its visitors */
  readonly hsts?: Hsts;
  /** How much at the same time, in all and for one address: docs/capacity.md. @default for 4 GB of memory; see HaproxyLimits */
  readonly limits?: HaproxyLimits;
  /**
   * Pause after a move of the floating IP in which it is not moved again, 1 to 60 s: longer makes flapping rarer, and
   * the second of two failures in a row costs so much more. @default 3
   */
  readonly holdSeconds?: number;
}

export const LOAD_BALANCER_DEFAULTS = { serverType: DEFAULT_SERVER_TYPE, holdSeconds: 3 };

/** The settings, all of them; no `hsts` means that the header is not sent. */
export type LoadBalancers = Omit<Resolved<LoadBalancerSettings, typeof LOAD_BALANCER_DEFAULTS>, 'limits'> & {
  readonly limits: Required<HaproxyLimits>;
};

const HSTS_RULES: Rules<Hsts> = {
  // Two years are what browsers ask for; a hundred are a mistake
  maxAgeSeconds: required(number(0, 3_153_600_000), 'a number of seconds'),
  includeSubdomains: flag,
};

const limit = (name: keyof HaproxyLimits) => number(...LIMIT_RANGES[name], { code: 'limit', fix: 'or leave it out' });
const LIMIT_RULES: Rules<HaproxyLimits> = {
  connections: limit('connections'),
  requestsPerServer: limit('requestsPerServer'),
  streamsPerServer: limit('streamsPerServer'),
  connectionsPerAddress: limit('connectionsPerAddress'),
  requestsAtOncePerAddress: limit('requestsAtOncePerAddress'),
  streamsPerAddress: limit('streamsPerAddress'),
  requestsPerAddress: limit('requestsPerAddress'),
  floodAddresses: limit('floodAddresses'),
};

export const LOAD_BALANCER_RULES: Rules<LoadBalancerSettings> = {
  serverType,
  hsts: group(HSTS_RULES),
  limits: group<HaproxyLimits>(LIMIT_RULES),
  holdSeconds: number(1, 60, { whole: false }),
};

/** What the rest of the environment has to do with the load balancers. */
export interface AroundLoadBalancers extends Place {
  /** How many web servers share what the load balancers take. */
  readonly webServers: number;
}

/** The settings with all defaults. @param around how many web servers share the limits */
export function resolveLoadBalancers(settings: LoadBalancerSettings = {}, around: Pick<AroundLoadBalancers, 'webServers'>): LoadBalancers {
  return { ...withDefaults(LOAD_BALANCER_DEFAULTS, settings), limits: completeLimits(settings.limits, around.webServers) };
}

/** Everything that is wrong with them. @param at before each name, e.g. `loadBalancers.` */
export function checkLoadBalancers(settings: LoadBalancerSettings, around: AroundLoadBalancers, at = ''): Problem[] {
  const problems = each(LOAD_BALANCER_RULES, settings, at);
  return [...problems, ...compareLoadBalancers(resolveLoadBalancers(withoutProblems(settings, problems, at), around), around, at)];
}

/** What is wrong with values that are fine by themselves. */
export function compareLoadBalancers({ serverType: type, limits }: LoadBalancers, around: AroundLoadBalancers, at: string): Problem[] {
  return [...serverTypeProblems(`${at}serverType`, type, around), ...unfairLimits(`${at}limits`, limits, around.webServers)];
}
