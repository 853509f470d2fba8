import type { Problem } from '../errors';
import { DEFAULT_SERVER_TYPE } from '../hetzner/server-types';
import type { AddressPlan } from '../net/address-plan';
import { each, listOf, number, range, withDefaults, withoutProblems, type Resolved, type Rules } from './rules';
import { serverCount, serverType, serverTypeProblems, type Place } from './servers';

/** Settings of the web servers. */
export interface WebSettings {
  /** 1 to 20. @default 2 */
  readonly serverCount?: number;
  /** @default 'cx23' */
  readonly serverType?: string;
  /** Ranges (CIDR) whose X-Forwarded-For, X-Forwarded-Proto and X-Request-Id are believed. @default the subnet of the load balancers */
  readonly trustedProxies?: readonly string[];
  /** Largest body of a request in MB, 1 to 102400; a larger one is answered with 413. @default 10 */
  readonly maxBodyMegabytes?: number;
  /**
   * Longest silence of an app server in seconds, 1 to 3600; then a GET goes to the next one and a POST is answered with 504.
   * More than the application itself ever waits for the database (the sample: 25). @default 40
   */
  readonly readTimeoutSeconds?: number;
}

export const WEB_DEFAULTS = { serverCount: 2, serverType: DEFAULT_SERVER_TYPE, maxBodyMegabytes: 10, readTimeoutSeconds: 40 };

/** The settings, all of them. */
export type Web = Resolved<WebSettings, typeof WEB_DEFAULTS & { trustedProxies: unknown }>;

export const WEB_RULES: Rules<WebSettings> = {
  serverCount,
  serverType,
  trustedProxies: listOf(range),
  maxBodyMegabytes: number(1, 102_400),
  readTimeoutSeconds: number(1, 3_600),
};

/** The settings with all defaults. @param plan of the network: headers from the subnet of the load balancers are believed */
export function resolveWeb(settings: WebSettings = {}, { subnets }: Pick<AddressPlan, 'subnets'>): Web {
  return withDefaults({ ...WEB_DEFAULTS, trustedProxies: [subnets.lb] }, settings);
}

/** Everything that is wrong with them. @param at before each name, e.g. `web.` */
export function checkWeb(settings: WebSettings, place: Place & Pick<AddressPlan, 'subnets'>, at = ''): Problem[] {
  const problems = each(WEB_RULES, settings, at);
  return [...problems, ...compareWeb(resolveWeb(withoutProblems(settings, problems, at), place), place, at)];
}

/** What is wrong with values that are fine by themselves. */
export function compareWeb(web: Web, place: Place, at: string): Problem[] {
  return serverTypeProblems(`${at}serverType`, web.serverType, place);
}
