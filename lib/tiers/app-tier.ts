import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { nodeHeapMegabytes, renderAppEnvironment, renderAppLimits, renderAppWatchdogAddress } from '../config/app-service';
import { renderDatabaseRouterConfig } from '../config/database-router';
import { renderDeadPeersSysctl } from '../config/dead-peers';
import { refuse, type Problem } from '../errors';
import type { Endpoint, Host } from '../net/address-plan';
import { MIGRATION_USER } from '../net/accounts';
import { PORTS } from '../net/ports';
import { ProvisionedServer } from '../servers/provisioned-server';
import { roll } from '../servers/roll';
import type { Site } from '../servers/site';
import { APP_RULES, checkApp, type App, type AppSettings } from '../settings/app';
import { APPLICATION_RULES, applicationRule, type Application } from '../settings/application';
import { pick } from '../settings/rules';

/** The settings, as `resolveApp` completes them, and what an app tier is wired to. */
export interface AppTierProps extends App {
  /** Network, addresses, placement groups and SSH key, shared by all tiers. */
  readonly site: Site;
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
  /** Another value with another `credentials.internalCa`, which is no secret but may be unknown until the apply. */
  readonly internalCaRevision: string;
  /** Steps after which private hosts reach package mirrors: those of the load balancers, `LoadBalancerPair.egress`. */
  readonly egress: readonly ITerraformDependable[];
  /** Steps that must have succeeded before the first server is configured. @default none */
  readonly configureAfter?: readonly ITerraformDependable[];
}

const NOBODY: Problem = {
  code: 'no-database-members',
  prop: 'databaseMembers',
  got: [],
  want: 'at least one MySQL member',
  fix: 'pass the endpoints of a MySqlTier',
};

/** The application on Node, several times, all active; beside each a HAProxy that knows who is PRIMARY. */
export class AppTier extends Construct {
  readonly servers: readonly ProvisionedServer[];
  readonly endpoints: readonly Endpoint[];

  constructor(scope: Construct, id: string, props: AppTierProps) {
    super(scope, id);
    const { site, serverCount, serverType, application, credentials } = props;
    refuse(this, [
      ...checkApp(pick<AppSettings>(props, APP_RULES), site),
      ...applicationRule(pick(application, APPLICATION_RULES), 'application'),
      ...(props.databaseMembers.length > 0 ? [] : [NOBODY]),
    ]);
    const hosts = site.hosts('app', serverCount);
    this.servers = roll(
      hosts,
      (host, configureAfter) =>
        new ProvisionedServer(this, host.name, {
          site,
          host,
          peers: hosts.filter((other) => other !== host),
          serverType,
          installAfter: props.egress,
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
          triggers: { authority: props.internalCaRevision },
          configureAfter,
        }),
      props.configureAfter,
    );
    this.endpoints = site.endpoints('app', 'http', serverCount);
  }
}

function appFiles(host: Host, props: AppTierProps): Record<string, string> {
  const { memoryMegabytes, outboundRanges, site } = props;
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

function environment(host: Host, { memoryMegabytes, databaseConnections, application }: AppTierProps): Record<string, string> {
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
