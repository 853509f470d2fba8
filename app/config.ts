import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

export interface DatabaseConfig {
  /** Where the database router listens. */
  readonly host: string;
  readonly primaryPort: number;
  readonly readersPort: number;
  readonly name: string;
  readonly user: string;
  /** The most that this process opens. */
  readonly connections: number;
  readonly password: string;
  /** All members' certificates carry `serverName`, whichever member the router chooses. Undefined: no TLS (development). */
  readonly tls?: { readonly serverName: string; readonly ca: string };
}

export interface Config {
  readonly hostName: string;
  readonly host: string;
  readonly port: number;
  readonly database: DatabaseConfig;
  /** Migrations are run by app/migrate.ts, by another account; this one may not change the schema. */
  readonly migratesElsewhere: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Settings come from the environment, secrets from files in $CREDENTIALS_DIRECTORY (systemd's LoadCredential). */
export function readConfig(environment: Environment = process.env): Config {
  return {
    hostName: environment['HOST_NAME'] ?? hostname(),
    host: environment['HOST'] ?? '127.0.0.1',
    port: port(environment, 'PORT', 3000),
    database: {
      ...database(environment, 'mysql-app-password'),
      user: environment['DATABASE_USER'] ?? 'app',
      connections: wholeNumber(environment, 'DATABASE_CONNECTIONS', 40, { least: 2, most: 10_000, want: 'a whole number from 2 to 10000' }),
    },
    migratesElsewhere: Boolean(environment['DATABASE_MIGRATION_USER']),
  };
}

/** The account that may change the schema. */
export function readMigrationDatabase(environment: Environment = process.env): DatabaseConfig {
  return { ...database(environment, 'mysql-migration-password'), user: required(environment, 'DATABASE_MIGRATION_USER'), connections: 2 };
}

function database(environment: Environment, passwordFile: string): Omit<DatabaseConfig, 'user' | 'connections'> {
  const credentials = required(environment, 'CREDENTIALS_DIRECTORY');
  const serverName = environment['DATABASE_TLS_NAME'];
  return {
    host: environment['DATABASE_HOST'] ?? '127.0.0.1',
    primaryPort: port(environment, 'DATABASE_PRIMARY_PORT', 3306),
    readersPort: port(environment, 'DATABASE_READERS_PORT', 3307),
    name: environment['DATABASE_NAME'] ?? 'app',
    password: readFileSync(join(credentials, passwordFile), 'utf8').trimEnd(),
    ...(serverName && { tls: { serverName, ca: readFileSync(join(credentials, 'internal-ca.pem'), 'utf8') } }),
  };
}

function required(environment: Environment, name: string): string {
  const value = environment[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

function port(environment: Environment, name: string, otherwise: number): number {
  return wholeNumber(environment, name, otherwise, { least: 1, most: 65_535, want: 'a port number' });
}

function wholeNumber(
  environment: Environment,
  name: string,
  otherwise: number,
  { least, most, want }: { least: number; most: number; want: string },
): number {
  const value = Number(environment[name] ?? otherwise);
  if (!Number.isInteger(value) || value < least || value > most) throw new Error(`${name} is ${environment[name]}, want ${want}`);
  return value;
}
