import type { Problem } from '../errors';
import { DEFAULT_SERVER_TYPE } from '../hetzner/server-types';
import { each, listOf, number, range, withDefaults, withoutProblems, type Resolved, type Rule, type Rules } from './rules';
import { serverCount, serverType, serverTypeProblems, type Place } from './servers';

/** Settings of the app servers. */
export interface AppSettings {
  /** 1 to 20. @default 2 */
  readonly serverCount?: number;
  /** @default 'cx23' */
  readonly serverType?: string;
  /** Memory of the application on each server in MB, 256 to 196608; three quarters of it are Node's heap. @default 2048 */
  readonly memoryMegabytes?: number;
  /**
   * Connections to MySQL that the application opens at most on each server, 2 to 400; it is told by `DATABASE_CONNECTIONS`.
   * @default 40
   */
  readonly databaseConnections?: number;
  /** Ranges (CIDR) that the application may talk to, in addition to the private network; `any` for all. @default [] */
  readonly outboundRanges?: readonly string[];
}

/** Two pools of 20 connections are what the sample application has. */
export const APP_DEFAULTS = {
  serverCount: 2,
  serverType: DEFAULT_SERVER_TYPE,
  memoryMegabytes: 2048,
  databaseConnections: 40,
  outboundRanges: [] as readonly string[],
};

/** The settings, all of them. */
export type App = Resolved<AppSettings, typeof APP_DEFAULTS>;

const outboundRange: Rule = (got, prop) => (got === 'any' ? [] : range(got, prop));

export const APP_RULES: Rules<AppSettings> = {
  serverCount,
  serverType,
  // The largest type has 192 GB
  memoryMegabytes: number(256, 196_608, { code: 'app-memory', fix: 'give Node at least its own needs' }),
  databaseConnections: number(2, 400, {
    code: 'database-connections',
    fix: `half of them are for the PRIMARY, half for readers; leave it out for ${APP_DEFAULTS.databaseConnections}`,
  }),
  outboundRanges: listOf(outboundRange),
};

/** The settings with all defaults. */
export function resolveApp(settings: AppSettings = {}): App {
  return withDefaults(APP_DEFAULTS, settings);
}

/** Everything that is wrong with them. @param at before each name, e.g. `app.` */
export function checkApp(settings: AppSettings, place: Place, at = ''): Problem[] {
  const problems = each(APP_RULES, settings, at);
  return [...problems, ...compareApp(resolveApp(withoutProblems(settings, problems, at)), place, at)];
}

/** What is wrong with values that are fine by themselves. */
export function compareApp(app: App, place: Place, at: string): Problem[] {
  return serverTypeProblems(`${at}serverType`, app.serverType, place);
}

/** Of all app servers. Any one member may have to carry them all: without readers both pools lead to the PRIMARY. */
export function applicationConnections({ serverCount, databaseConnections }: Pick<App, 'serverCount' | 'databaseConnections'>): number {
  return serverCount * databaseConnections;
}
