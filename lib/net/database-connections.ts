import type { Problem } from '../errors';

/** Connections that the application on one server opens at most, unless it is told otherwise: two pools of 20. */
export const DATABASE_CONNECTIONS = 40;
/** The MySQL account that may change the application's schema, where the application's own may not. */
export const MIGRATION_USER = 'platform_migration';
/** Beside the application's: members among themselves, their agents, people. */
const OTHERS = 40;
const LEAST = 400;
const MOST = 10_000;

interface AppServers {
  readonly serverCount?: number;
  readonly databaseConnections?: number;
}

/** Of all app servers. Any one member may have to carry them all: without readers both pools lead to the PRIMARY. */
export function applicationConnections({ serverCount = 2, databaseConnections = DATABASE_CONNECTIONS }: AppServers = {}): number {
  return serverCount * databaseConnections;
}

export function defaultMaxConnections(ofApplication: number): number {
  return Math.max(LEAST, ofApplication + OTHERS);
}

export function databaseConnectionsProblem(prop: string, got: number): Problem | undefined {
  if (Number.isInteger(got) && got >= 2 && got <= 400) return undefined;
  return {
    code: 'database-connections',
    prop,
    got,
    want: 'a whole number from 2 to 400',
    fix: `half of them are for the PRIMARY, half for readers; leave it out for ${DATABASE_CONNECTIONS}`,
  };
}

export function maxConnectionsProblem(prop: string, got: number, ofApplication: number): Problem | undefined {
  const least = ofApplication + OTHERS;
  if (Number.isInteger(got) && got >= least && got <= MOST) return undefined;
  const fix = `the app servers may open ${ofApplication}, and ${OTHERS} are for members, agents and people; leave it out for ${defaultMaxConnections(ofApplication)}`;
  return { code: 'max-connections', prop, got, want: `a whole number from ${least} to ${MOST}`, fix };
}
