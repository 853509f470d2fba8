import type { Problem } from '../errors';
import { architectureOf, DEFAULT_SERVER_TYPE } from '../hetzner/server-types';
import { untried, type Untried } from '../hetzner/untried';
import { each, flag, line, number, oneOf, text, withDefaults, withoutProblems, type Resolved, type Rules } from './rules';
import { serverType, serverTypeProblems, type Place } from './servers';

/** Release series with long-term support: components `mysql-<series>-lts` of MySQL's apt repository. */
export const MYSQL_SERIES = ['8.4', '9.7'] as const;
/** One of {@link MYSQL_SERIES}. */
export type MySqlSeries = (typeof MYSQL_SERIES)[number];

/** Settings of the MySQL members. */
export interface MySqlSettings {
  /** 3, 5, 7 or 9: an even one more would not survive one more failure. @default 3 */
  readonly memberCount?: number;
  /**
   * How many of the last members leave the group while their servers stay: the first of the two deploys that make the
   * group smaller, docs/database.md. An even number. @default 0
   */
  readonly leavingCount?: number;
  /** An x86 type; its memory decides on the buffer pool and other sizes, at each start of mysqld. @default 'cx23' */
  readonly serverType?: string;
  /** Size of each member's volume in GB, 10 to 10240. It can grow later, but not shrink. @default 20 */
  readonly volumeGb?: number;
  /** The application's schema, made on the first deploy. @default 'app' */
  readonly database?: string;
  /** The application's account, with rights in its schema and no others; from app hosts, by TLS. @default 'app' */
  readonly databaseUser?: string;
  /** Connections that a member takes, up to 10000. @default what all app servers may open and 40 more, 400 at least */
  readonly maxConnections?: number;
  /** How long binary logs are kept, in days, 0.01 to 90: what a member may miss without a full copy. @default 3 */
  readonly binaryLogDays?: number;
  /** Statements that take longer, in seconds, 0 to 31536000, are written to the slow log. @default 1 */
  readonly slowSeconds?: number;
  /** Whether there is a slow log. It holds whole statements, with the data that is in them. @default true */
  readonly slowLog?: boolean;
  /**
   * Release series, both with long-term support; the newer one was tried more, and is supported for longer. A member keeps the series
   * that it was made with: docs/database.md. @default '9.7'
   */
  readonly series?: MySqlSeries;
  /**
   * Any text, e.g. a date. When it changes, members take the newest patch release of their MySQL series, one after another.
   * @default none: the release that was there when the server was made
   */
  readonly packagesRevision?: string;
  /**
   * UUID of the group, part of every transaction's id and kept for life. Give it only where an existing group would get
   * another one (the error of the agent says which), e.g. because the construct has moved in the tree.
   * @default derived from the construct's path
   */
  readonly groupName?: string;
}

export const MYSQL_DEFAULTS = {
  memberCount: 3,
  leavingCount: 0,
  serverType: DEFAULT_SERVER_TYPE,
  volumeGb: 20,
  database: 'app',
  databaseUser: 'app',
  binaryLogDays: 3,
  slowSeconds: 1,
  slowLog: true,
  series: '9.7' as MySqlSeries,
};

/** What to know of another series than the default; undefined: nothing. */
export function untriedSeries(series: MySqlSeries): Untried | undefined {
  return series === MYSQL_DEFAULTS.series
    ? undefined
    : untried(`mysql.series is ${series}: no mysqld of that series has run the platform yet`);
}

/** The settings, all of them; no `packagesRevision` and no `groupName` mean what their defaults say. */
export type MySql = Resolved<MySqlSettings, typeof MYSQL_DEFAULTS & { maxConnections: unknown }>;

const MEMBER_COUNTS: readonly unknown[] = [3, 5, 7, 9];

const identifier = text(
  (got) => /^[a-z][a-z0-9_]{0,30}$/.test(got) && !/^(mysql|sys|platform.*|performance_schema|information_schema|root)$/.test(got),
  {
    code: 'database-name',
    want: 'up to 31 lower-case letters, digits and _, none of the names that MySQL or the platform uses',
    fix: 'choose another name',
  },
);

export const MYSQL_RULES: Rules<MySqlSettings> = {
  memberCount: (got, prop) => {
    if (got === undefined || MEMBER_COUNTS.includes(got)) return [];
    const fix =
      got === 2
        ? 'add a member, two cannot outvote a failure'
        : 'choose an odd number, a group needs a majority and has nine members at most';
    return [{ code: 'member-count', prop, got, want: '3, 5, 7 or 9', fix }];
  },
  leavingCount: oneOf([0, 2, 4, 6], {
    code: 'leaving-count',
    want: 'an even number that leaves at least 3 members',
    fix: 'it is the number of members that go before memberCount can be made smaller',
  }),
  serverType,
  volumeGb: number(10, 10_240, { code: 'volume-size', fix: 'Hetzner has no other sizes' }),
  database: identifier,
  databaseUser: identifier,
  maxConnections: number(1, 10_000, { code: 'max-connections', fix: 'leave it out, and it follows the number of app servers' }),
  binaryLogDays: number(0.01, 90, { whole: false }),
  slowSeconds: number(0, 31_536_000, { whole: false }),
  slowLog: flag,
  series: oneOf(MYSQL_SERIES, {
    code: 'mysql-series',
    fix: `leave it out for ${MYSQL_DEFAULTS.series}, but keep what members already have`,
  }),
  packagesRevision: line,
  groupName: text((got) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(got), {
    code: 'group-name',
    want: 'a UUID in lower case',
    fix: 'leave it out, or take it from the group that exists',
  }),
};

/** Beside the application's connections: members among themselves, their agents, people. */
const OTHER_CONNECTIONS = 40;
const LEAST_CONNECTIONS = 400;
const MOST_CONNECTIONS = 10_000;

/** What the rest of the environment has to do with the members. */
export interface AroundMySql extends Place {
  /** How many connections the application opens at most, all its servers together: `applicationConnections`. */
  readonly applicationConnections: number;
}

/** The settings with all defaults. @param around how many connections the application opens */
export function resolveMySql(settings: MySqlSettings = {}, around: Pick<AroundMySql, 'applicationConnections'>): MySql {
  return withDefaults({ ...MYSQL_DEFAULTS, maxConnections: defaultMaxConnections(around.applicationConnections) }, settings);
}

/** Everything that is wrong with them. @param at before each name, e.g. `mysql.` */
export function checkMySql(settings: MySqlSettings, around: AroundMySql, at = ''): Problem[] {
  const problems = each(MYSQL_RULES, settings, at);
  return [...problems, ...compareMySql(resolveMySql(withoutProblems(settings, problems, at), around), around, at)];
}

/** What is wrong with values that are fine by themselves. */
export function compareMySql(mysql: MySql, around: AroundMySql, at: string): Problem[] {
  return [
    ...tooManyLeave(mysql, at),
    ...tooFewConnections(mysql, around, at),
    ...serverTypeProblems(`${at}serverType`, mysql.serverType, around),
    ...unfitServer(mysql, at),
  ];
}

function defaultMaxConnections(ofApplication: number): number {
  return Math.max(LEAST_CONNECTIONS, ofApplication + OTHER_CONNECTIONS);
}

function tooManyLeave({ memberCount, leavingCount: got }: MySql, at: string): Problem[] {
  if (memberCount - got >= 3) return [];
  const fix = 'it is the number of members that go before memberCount can be made smaller';
  return [{ code: 'leaving-count', prop: `${at}leavingCount`, got, want: 'an even number that leaves at least 3 members', fix }];
}

function tooFewConnections({ maxConnections: got }: MySql, { applicationConnections }: AroundMySql, at: string): Problem[] {
  const least = applicationConnections + OTHER_CONNECTIONS;
  if (got >= least) return [];
  const fix = `the app servers may open ${applicationConnections}, and ${OTHER_CONNECTIONS} are for members, agents and people; leave it out for ${defaultMaxConnections(applicationConnections)}`;
  const want = `a whole number from ${least} to ${MOST_CONNECTIONS}`;
  return [{ code: 'max-connections', prop: `${at}maxConnections`, got, want, fix }];
}

function unfitServer({ serverType: got }: MySql, at: string): Problem[] {
  const prop = `${at}serverType`;
  if (architectureOf(got) === 'arm') {
    const fix = "MySQL's apt repository has no packages for Arm; the other tiers may be Arm";
    return [{ code: 'mysql-architecture', prop, got, want: 'an x86 type, e.g. cx23 or ccx13', fix }];
  }
  return [];
}
