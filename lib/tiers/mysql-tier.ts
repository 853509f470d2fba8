import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import { renderMyCnf } from '../config/my-cnf';
import { renderMySqlMemberAgentConfig, type MySqlMemberAgentFile } from '../config/mysql-member-agent';
import { refuse } from '../errors';
import type { Endpoint, Host } from '../net/address-plan';
import { formatAddress, rangeOf } from '../net/cidr';
import { MIGRATION_USER } from '../net/accounts';
import { PORTS } from '../net/ports';
import { agentProgram, bundleProgram } from '../build/bundle';
import type { InternalAuthority } from '../certificates/internal-authority';
import type { MySqlRepository } from '../servers/mysql-repository';
import { ProvisionedServer } from '../servers/provisioned-server';
import { roll } from '../servers/roll';
import type { Site } from '../servers/site';
import { checkMySql, MYSQL_RULES, type MySql, type MySqlSettings } from '../settings/mysql';
import { pick } from '../settings/rules';

/** The settings, as `resolveMySql` completes them, and what a MySQL tier is wired to. */
export interface MySqlTierProps extends MySql {
  /** Network, addresses, placement groups and SSH key, shared by all tiers. */
  readonly site: Site;
  /** Signs the members' certificates. Clients check the name `mysql.platform.internal`. */
  readonly authority: InternalAuthority;
  readonly credentials: {
    /** Ephemeral token: `platform_admin`, every right, local socket only. For people; provisioning comes in as root. */
    readonly mysqlAdminPassword: string;
    /** Ephemeral token: members to each other, together with a certificate. */
    readonly mysqlReplicationPassword: string;
    /** Ephemeral token: the application, on its own schema. */
    readonly mysqlAppPassword: string;
    /** Ephemeral token: the account that may change the application's schema, which the application's own may not then. @default none */
    readonly mysqlMigrationPassword?: string;
  };
  /** How many connections the application opens at most, all its servers together: `applicationConnections`. */
  readonly applicationConnections: number;
  /** Where MySQL's packages come from, e.g. `ORACLES_REPOSITORY`. */
  readonly repository: MySqlRepository;
  /** Steps after which private hosts reach package mirrors: those of the load balancers, `LoadBalancerPair.egress`. */
  readonly egress: readonly ITerraformDependable[];
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
    const { site, authority, memberCount, leavingCount, serverType, volumeGb, credentials, series, repository, applicationConnections } =
      props;
    refuse(this, checkMySql(pick<MySqlSettings>(props, MYSQL_RULES), { locations: site.locations, applicationConnections }));
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
          installAfter: props.egress,
          role: 'mysql',
          dataVolumeGb: volumeGb,
          leaving: !members.includes(host),
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
    const { site, database, databaseUser, credentials } = this.props;
    return {
      schema: database,
      applicationUser: databaseUser,
      ...(credentials.mysqlMigrationPassword !== undefined && { migrationUser: MIGRATION_USER }),
      applicationHosts: netmaskNotation(site.plan.subnets.app),
      memberHosts: netmaskNotation(site.plan.subnets.mysql),
    };
  }

  private files(host: Host, members: readonly Host[], props: MySqlTierProps): Record<string, string> {
    const { site, maxConnections, binaryLogDays, slowSeconds, slowLog } = props;
    return {
      '/etc/mysql/platform.cnf': renderMyCnf({
        address: host.address,
        serverId: host.ordinal,
        port: PORTS.mysql.sql,
        groupName: this.groupName,
        dataFolder: `${DATA_VOLUME}/data`,
        tlsFolder: '/etc/mysql/platform-tls',
        maxConnections,
        binaryLogDays,
        slowSeconds,
        slowLog,
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
