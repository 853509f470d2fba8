import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import { renderMyCnf } from '../config/my-cnf';
import { renderMySqlMemberAgentConfig, type MySqlMemberAgentFile } from '../config/mysql-member-agent';
import { ConfigError, type Problem } from '../errors';
import type { Endpoint, Host } from '../net/address-plan';
import { formatAddress, rangeOf } from '../net/cidr';
import { applicationConnections, defaultMaxConnections, maxConnectionsProblem, MIGRATION_USER } from '../net/database-connections';
import { mysqlProblems } from '../net/tier-problems';
import { PORTS } from '../net/ports';
import { memoryMegabytesOf } from '../hetzner/server-types';
import { agentProgram, bundleProgram } from '../build/bundle';
import type { InternalAuthority } from '../certificates/internal-authority';
import { mysqlPackagesProblems, ORACLES_REPOSITORY, type MySqlRepository, type MySqlSeries } from '../servers/mysql-packages';
import { ProvisionedServer } from '../servers/provisioned-server';
import { roll } from '../servers/roll';
import type { Site } from '../servers/site';

/** What the members need, and how they keep data. */
export interface MySqlTierProps {
  /** Network, addresses, placement groups and SSH key, shared by all tiers. */
  readonly site: Site;
  /** Signs the members' certificates. Clients check the name `mysql.platform.internal`. */
  readonly authority: InternalAuthority;
  /** 3, 5, 7 or 9: an even one more would not survive one more failure. @default 3 */
  readonly memberCount?: number;
  /**
   * How many of the last members leave the group while their servers stay: the first of the two deploys that make the
   * group smaller, docs/database.md. An even number. @default 0
   */
  readonly leavingCount?: number;
  /** Its memory decides on the buffer pool and other sizes. @default cx23 */
  readonly serverType?: string;
  /** Size of each member's volume in GB, 10 to 10240. It can grow later, but not shrink. @default 20 */
  readonly volumeGb?: number;
  readonly credentials: {
    /** Ephemeral token: `platform_admin`, every right, local socket only. For people; provisioning comes in as root. */
    readonly mysqlAdminPassword: string;
    /** Ephemeral token: members among themselves, with a certificate besides. */
    readonly mysqlReplicationPassword: string;
    /** Ephemeral token: the application, on its own schema. */
    readonly mysqlAppPassword: string;
    /** Ephemeral token: the account that may change the application's schema, which the application's own may not then. @default none */
    readonly mysqlMigrationPassword?: string;
  };
  /** The application's schema, made on the first deploy. @default app */
  readonly database?: string;
  /** The application's account, with rights in its schema and none besides; from app hosts, by TLS. @default app */
  readonly databaseUser?: string;
  /** How many connections the application opens at most, all its servers together. @default 80 */
  readonly applicationConnections?: number;
  /** Connections that a member takes, up to 10000. @default 40 more than `applicationConnections`, 400 at least */
  readonly maxConnections?: number;
  /** How long binary logs are kept, in days: what a member may miss without a full copy. @default 3 */
  readonly binaryLogDays?: number;
  /** Statements that take longer, in seconds, are written to the slow log. @default 1 */
  readonly slowSeconds?: number;
  /** Whether there is a slow log. It holds whole statements, with the data that is in them. @default true */
  readonly slowLog?: boolean;
  /**
   * Release series, both with long-term support. A member keeps the series that it was made with: docs/database.md.
   * @default 9.7: the newer one, on which everything here was tried, and which is supported for longer
   */
  readonly series?: MySqlSeries;
  /** Where MySQL's packages come from. @default Oracle's */
  readonly repository?: MySqlRepository;
  /**
   * Any text, e.g. a date. When it changes, members take the newest patch release of their MySQL series, one after another.
   * @default none: the release that was there when the server was made
   */
  readonly packagesRevision?: string;
  /**
   * UUID of the group, part of every transaction's id and kept for life. Give it only where an existing group would get
   * another one (the error of the agent says which), e.g. because this construct has moved in the tree.
   * @default derived from the construct's path
   */
  readonly groupName?: string;
  /** Steps that must have succeeded before the first member is configured. @default none */
  readonly configureAfter?: readonly ITerraformDependable[];
}

const DATA_VOLUME = '/srv/mysql';

/**
 * MySQL as one Group Replication group with one PRIMARY. The members' agents found it, keep everybody in it and say
 * who is PRIMARY; a member is configured only after the one before has come back ONLINE.
 */
export class MySqlTier extends Construct {
  readonly servers: readonly ProvisionedServer[];
  /** SQL endpoints of all members; which of them is PRIMARY is known to their agents (port memberHealth). */
  readonly endpoints: readonly Endpoint[];
  readonly groupName: string;
  /** The step after which the whole group knows the accounts' passwords of this apply. */
  readonly firstConfigured: ITerraformDependable;
  private readonly first: ProvisionedServer;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: MySqlTierProps,
  ) {
    super(scope, id);
    this.check(props);
    const { site, authority, memberCount = 3, leavingCount = 0, serverType = 'cx23', volumeGb = 20, credentials } = props;
    const { series = '9.7', repository = ORACLES_REPOSITORY } = props;
    this.groupName = props.groupName ?? uuidFrom(`${this.node.path}/group`);
    const hosts = site.hosts('mysql', memberCount);
    const members = hosts.slice(0, memberCount - leavingCount);
    this.servers = roll(
      hosts,
      (host, configureAfter) => {
        const certificate = authority.issue(`${this.node.id}-${host.name}`, {
          names: ['mysql.platform.internal', host.name],
          addresses: [host.address],
        });
        return new ProvisionedServer(this, host.name, {
          site,
          host,
          peers: hosts.filter((other) => other !== host),
          serverType,
          role: 'mysql',
          dataVolumeGb: volumeGb,
          files: this.files(host, members, props),
          programs: { '/opt/platform/agents/mysql-member.js': agentProgram('mysql-member') },
          installFacts: { MYSQL_SERIES: series, MYSQL_REPOSITORY: repository.url, MYSQL_KEY_FINGERPRINT: repository.keyFingerprint },
          credentials: {
            'mysql-admin-password': credentials.mysqlAdminPassword,
            'mysql-replication-password': credentials.mysqlReplicationPassword,
            'mysql-app-password': credentials.mysqlAppPassword,
            ...(credentials.mysqlMigrationPassword !== undefined && { 'mysql-migration-password': credentials.mysqlMigrationPassword }),
            'mysql-ca.pem': authority.certificates,
            'mysql-server.pem': certificate.certificate,
            'mysql-server.key': certificate.privateKey,
          },
          triggers: { certificate: certificate.revision, authority: authority.revision },
          configureAfter,
        });
      },
      props.configureAfter,
    );
    const [first] = this.servers;
    if (!first) throw new Error('a group has members');
    this.first = first;
    this.firstConfigured = first.configured;
    this.endpoints = site.endpoints('mysql', 'sql', memberCount);
  }

  /** Until here a changed password was valid beside its former one, and accounts had what rights they had before. @param after steps that bring the new ones to those who use them */
  endFormerPasswords(after: readonly ITerraformDependable[]): void {
    this.first.run('former-passwords', 'platform-mysql discard-old-passwords', {
      triggers: {
        secretsRevision: this.props.site.secretsRevision,
        // Which accounts there are, and what another version of the agent gives them
        rights: createHash('sha256')
          .update(JSON.stringify(this.accounts()) + bundleProgram(agentProgram('mysql-member')))
          .digest('hex'),
      },
      after: [...this.servers.map((server) => server.configured), ...after],
    });
  }

  private accounts(): MySqlMemberAgentFile['accounts'] {
    const { site, database = 'app', databaseUser = 'app', credentials } = this.props;
    return {
      schema: database,
      applicationUser: databaseUser,
      ...(credentials.mysqlMigrationPassword !== undefined && { migrationUser: MIGRATION_USER }),
      applicationHosts: netmaskNotation(site.plan.subnets.app),
      memberHosts: netmaskNotation(site.plan.subnets.mysql),
    };
  }

  private files(host: Host, members: readonly Host[], props: MySqlTierProps): Record<string, string> {
    const { site, binaryLogDays = 3, slowSeconds = 1 } = props;
    const { applicationConnections: ofApplication = applicationConnections(), maxConnections = defaultMaxConnections(ofApplication) } =
      props;
    return {
      '/etc/mysql/platform.cnf': renderMyCnf({
        address: host.address,
        serverId: host.ordinal,
        port: PORTS.mysql.sql,
        memoryMegabytes: memoryMegabytesOf(props.serverType ?? 'cx23') ?? 4096,
        groupName: this.groupName,
        dataFolder: `${DATA_VOLUME}/data`,
        tlsFolder: '/etc/mysql/platform-tls',
        maxConnections,
        binaryLogDays,
        slowSeconds,
        slowLog: props.slowLog,
      }),
      ...(props.packagesRevision !== undefined && { '/etc/platform/mysql-packages': `${props.packagesRevision}\n` }),
      '/etc/systemd/system/mysql-member.service.d/network.conf': `[Service]\nIPAddressAllow=${site.plan.networkRange}\n`,
      '/etc/platform/mysql-member.json': renderMySqlMemberAgentConfig({
        name: host.name,
        address: host.address,
        members: members.map(({ name, address }) => ({ name, address })),
        groupName: this.groupName,
        sqlPort: PORTS.mysql.sql,
        healthPort: PORTS.mysql.memberHealth,
        localAccount: { socket: '/run/mysqld/mysqld.sock', user: 'platform_agent' },
        replicationUser: 'platform_replication',
        memoryFile: `${DATA_VOLUME}/member/memory.json`,
        errantFolder: `${DATA_VOLUME}/member/errant`,
        controlSocket: '/run/mysql-member/control.sock',
        endMysqldFile: '/run/mysql-member/end-mysqld',
        accounts: this.accounts(),
      }),
    };
  }

  private check({
    series,
    memberCount = 3,
    leavingCount = 0,
    volumeGb = 20,
    serverType = 'cx23',
    groupName,
    database = 'app',
    databaseUser = 'app',
    ...props
  }: MySqlTierProps): void {
    const { applicationConnections: ofApplication = applicationConnections(), maxConnections = defaultMaxConnections(ofApplication) } =
      props;
    const problems: Problem[] = [];
    if (![3, 5, 7, 9].includes(memberCount)) {
      problems.push({
        code: 'member-count',
        prop: 'memberCount',
        got: memberCount,
        want: '3, 5, 7 or 9',
        fix: 'choose an odd number; two cannot outvote a failure, and Group Replication takes nine at most',
      });
    }
    if (![0, 2, 4, 6].includes(leavingCount) || memberCount - leavingCount < 3) {
      problems.push({
        code: 'leaving-count',
        prop: 'leavingCount',
        got: leavingCount,
        want: 'an even number that leaves at least 3 members',
        fix: 'it is the number of members that go before memberCount can be made smaller',
      });
    }
    if (!Number.isInteger(volumeGb) || volumeGb < 10 || volumeGb > 10_240) {
      problems.push({
        code: 'volume-size',
        prop: 'volumeGb',
        got: volumeGb,
        want: 'a whole number from 10 to 10240',
        fix: 'choose one in that range',
      });
    }
    if (memoryMegabytesOf(serverType) === undefined) {
      problems.push({
        code: 'server-type',
        prop: 'serverType',
        got: serverType,
        want: 'a server type whose memory is known, e.g. cx23 or ccx13',
        fix: 'choose one of those, or add it to lib/hetzner/server-types.ts',
      });
    }
    problems.push(...mysqlPackagesProblems({ series, serverType }));
    if (groupName !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(groupName)) {
      problems.push({
        code: 'group-name',
        prop: 'groupName',
        got: groupName,
        want: 'a UUID in lower case',
        fix: 'leave it out, or take it from the group that exists',
      });
    }
    for (const [prop, got] of Object.entries({ database, databaseUser })) {
      if (!/^[a-z][a-z0-9_]{0,30}$/.test(got) || /^(mysql|sys|platform.*|performance_schema|information_schema|root)$/.test(got)) {
        problems.push({
          code: 'database-name',
          prop,
          got,
          want: 'up to 31 lower-case letters, digits and _, none of the names that MySQL or the platform uses',
          fix: 'choose another name',
        });
      }
    }
    problems.push(...mysqlProblems('', props));
    const connections = maxConnectionsProblem('maxConnections', maxConnections, ofApplication);
    if (connections) problems.push(connections);
    if (problems.length > 0) throw new ConfigError(this, problems);
  }
}

/** The same text gives the same UUID (version 8). */
function uuidFrom(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** MySQL matches account hosts by netmask: `10.0.3.0/255.255.255.0`. */
function netmaskNotation(cidr: string): string {
  const { first, prefix } = rangeOf(cidr);
  return `${formatAddress(first)}/${formatAddress(2 ** 32 - 2 ** (32 - prefix))}`;
}
