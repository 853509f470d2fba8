import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { nodeHeapMegabytes, renderAppEnvironment, renderAppLimits, renderAppWatchdogAddress } from '../config/app-service';
import { renderDatabaseRouterConfig } from '../config/database-router';
import { renderDeadPeersSysctl } from '../config/dead-peers';
import { ConfigError } from '../errors';
import type { Endpoint, Host } from '../net/address-plan';
import { DATABASE_CONNECTIONS, databaseConnectionsProblem, MIGRATION_USER } from '../net/database-connections';
import { PORTS } from '../net/ports';
import { ProvisionedServer } from '../servers/provisioned-server';
import { roll } from '../servers/roll';
import type { Site } from '../servers/site';

/** The program that the app servers run. */
export interface Application {
  /** TypeScript or JavaScript program, bundled to one file for the distribution's Node (20). app/README.md says what it has to offer. */
  readonly entryPoint: string;
  /**
   * Program that brings the schema up to date, run on each app server before a new release starts there. It alone has the rights to
   * change the schema then, by an account and a password of its own: app/README.md. @default none: the application may change it
   */
  readonly migrationEntryPoint?: string;
  /**
   * Further environment variables of the application, no secrets. HOST, PORT, HOST_NAME, NODE_ENV, NODE_OPTIONS and DATABASE_* are set
   * by the tier; of these only DATABASE_NAME and DATABASE_USER may be given. @default none
   */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What the app servers need, and how they run the application. */
export interface AppTierProps {
  /** Network, addresses, placement groups and SSH key, shared by all tiers. */
  readonly site: Site;
  /** 1 to 20. @default 2 */
  readonly serverCount?: number;
  /** @default cx23 */
  readonly serverType?: string;
  readonly application: Application;
  /** SQL endpoints of all MySQL members. The application reaches the PRIMARY and readers at 127.0.0.1. */
  readonly databaseMembers: readonly Endpoint[];
  readonly credentials: {
    /** Ephemeral token: password of the application's MySQL account. */
    readonly mysqlAppPassword: string;
    /** Ephemeral token: password of the account for migrations; needed with `application.migrationEntryPoint`. @default none */
    readonly mysqlMigrationPassword?: string;
    /** Token: certificates (PEM) of the CAs by which the members are known. */
    readonly internalCa: string;
  };
  /** Another value with another `credentials.internalCa`, which is no secret but may be unknown until the apply. @default '' */
  readonly internalCaRevision?: string;
  /** Memory of the application on each server in MB, 256 or more; three quarters of it are Node's heap. @default 2048 */
  readonly memoryMegabytes?: number;
  /** Connections to MySQL that the application opens at most on each server, 2 to 400; it is told by `DATABASE_CONNECTIONS`. @default 40 */
  readonly databaseConnections?: number;
  /** Ranges (CIDR) that the application may talk to besides the private network; `any` for all. @default none */
  readonly outboundRanges?: readonly string[];
  /** Steps that must have succeeded before the first server is configured. @default none */
  readonly configureAfter?: readonly ITerraformDependable[];
}

const RESERVED = /^(HOST|PORT|HOST_NAME|NODE_ENV|NODE_OPTIONS|DATABASE_(?!NAME$|USER$).*)$/;

/** The application on Node, several times, all active; beside each a HAProxy that knows who is PRIMARY. */
export class AppTier extends Construct {
  readonly servers: readonly ProvisionedServer[];
  readonly endpoints: readonly Endpoint[];

  constructor(scope: Construct, id: string, props: AppTierProps) {
    super(scope, id);
    this.check(props);
    const { site, serverCount = 2, serverType = 'cx23', application, credentials } = props;
    const hosts = site.hosts('app', serverCount);
    this.servers = roll(
      hosts,
      (host, configureAfter) =>
        new ProvisionedServer(this, host.name, {
          site,
          host,
          peers: hosts.filter((other) => other !== host),
          serverType,
          role: 'app',
          files: appFiles(host, props),
          programs: {
            '/opt/app/release/server.js': application.entryPoint,
            ...(application.migrationEntryPoint !== undefined && { '/opt/app/release/migrate.js': application.migrationEntryPoint }),
          },
          facts: { APP_PORT: String(PORTS.app.http), ROUTER_METRICS_PORT: String(PORTS.app.metrics) },
          credentials: {
            'mysql-app-password': credentials.mysqlAppPassword,
            ...(credentials.mysqlMigrationPassword !== undefined && { 'mysql-migration-password': credentials.mysqlMigrationPassword }),
            'internal-ca.pem': credentials.internalCa,
          },
          triggers: { authority: props.internalCaRevision ?? '' },
          configureAfter,
        }),
      props.configureAfter,
    );
    this.endpoints = site.endpoints('app', 'http', serverCount);
  }

  private check({
    serverCount = 2,
    memoryMegabytes = 2048,
    databaseConnections = DATABASE_CONNECTIONS,
    databaseMembers,
    application,
  }: AppTierProps): void {
    if (!Number.isInteger(serverCount) || serverCount < 1 || serverCount > 20) {
      throw new ConfigError(this, {
        code: 'server-count',
        prop: 'serverCount',
        got: serverCount,
        want: 'a whole number from 1 to 20',
        fix: 'choose one in that range',
      });
    }
    if (!Number.isInteger(memoryMegabytes) || memoryMegabytes < 256) {
      throw new ConfigError(this, {
        code: 'app-memory',
        prop: 'memoryMegabytes',
        got: memoryMegabytes,
        want: 'a whole number of 256 or more',
        fix: 'give Node at least its own needs',
      });
    }
    const connections = databaseConnectionsProblem('databaseConnections', databaseConnections);
    if (connections) throw new ConfigError(this, connections);
    if (databaseMembers.length === 0) {
      throw new ConfigError(this, {
        code: 'no-database-members',
        prop: 'databaseMembers',
        got: [],
        want: 'at least one MySQL member',
        fix: 'pass the endpoints of a MySqlTier',
      });
    }
    for (const [name, value] of Object.entries(application.environment ?? {})) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || RESERVED.test(name)) {
        throw new ConfigError(this, {
          code: 'app-environment',
          prop: 'application.environment',
          got: name,
          want: 'names of letters, digits and _ that the tier does not set itself',
          fix: 'choose another name',
        });
      }
      if (/[\n\r\0]/.test(value)) {
        throw new ConfigError(this, {
          code: 'app-environment',
          prop: `application.environment.${name}`,
          got: value,
          want: 'one line',
          fix: 'put long texts into the application',
        });
      }
    }
  }
}

function appFiles(host: Host, props: AppTierProps): Record<string, string> {
  const { memoryMegabytes = 2048, outboundRanges = [], site } = props;
  return {
    '/opt/app/release/environment': renderAppEnvironment({ variables: environment(host, props) }),
    '/etc/systemd/system/app.service.d/limits.conf': renderAppLimits({
      memoryMegabytes,
      allowedRanges: [site.plan.networkRange, ...outboundRanges],
    }),
    '/etc/systemd/system/app-watchdog.service.d/address.conf': renderAppWatchdogAddress({ host: host.address, port: PORTS.app.http }),
    '/etc/database-router/haproxy.cfg': renderDatabaseRouterConfig({
      members: props.databaseMembers,
      memberHealthPort: PORTS.mysql.memberHealth,
      primaryPort: PORTS.app.databasePrimary,
      readersPort: PORTS.app.databaseReaders,
      metricsAddress: host.address,
      metricsPort: PORTS.app.metrics,
    }),
    '/etc/sysctl.d/90-dead-peers.conf': renderDeadPeersSysctl(),
  };
}

function environment(
  host: Host,
  { memoryMegabytes = 2048, databaseConnections = DATABASE_CONNECTIONS, application }: AppTierProps,
): Record<string, string> {
  return {
    NODE_ENV: 'production',
    NODE_OPTIONS: `--max-old-space-size=${nodeHeapMegabytes(memoryMegabytes)}`,
    HOST_NAME: host.name,
    HOST: host.address,
    PORT: String(PORTS.app.http),
    DATABASE_HOST: '127.0.0.1',
    DATABASE_PRIMARY_PORT: String(PORTS.app.databasePrimary),
    DATABASE_READERS_PORT: String(PORTS.app.databaseReaders),
    DATABASE_NAME: 'app',
    DATABASE_USER: 'app',
    ...(application.migrationEntryPoint !== undefined && { DATABASE_MIGRATION_USER: MIGRATION_USER }),
    DATABASE_TLS_NAME: 'mysql.platform.internal',
    DATABASE_CONNECTIONS: String(databaseConnections),
    ...application.environment,
  };
}
