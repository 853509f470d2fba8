import { scryptSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { escape } from 'mysql2';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { AgentConfig } from './config';
import { connect } from './database';

export interface Passwords {
  readonly admin: string;
  readonly replication: string;
  readonly application: string;
  /** Null: the application migrates with its own account. */
  readonly migration: string | null;
}

interface Account {
  readonly user: string;
  readonly host: string;
  readonly password: string | null;
  /** Behind CREATE USER: how it authenticates if not by password, what transport it needs. */
  readonly authentication: string;
  readonly grants: readonly string[];
  /** Rights in the application's schema, and in no other. */
  readonly inSchema?: readonly string[];
}

/** What an application needs at run time. */
const DATA_RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE TEMPORARY TABLES', 'LOCK TABLES', 'EXECUTE', 'SHOW VIEW'];
/** Further rights, which change the schema. */
const SCHEMA_RIGHTS = ['CREATE', 'DROP', 'ALTER', 'INDEX', 'REFERENCES', 'CREATE VIEW', 'TRIGGER', 'CREATE ROUTINE', 'ALTER ROUTINE'];

/** Every account but MySQL's own and root (local socket, by its system user). */
export function accounts(
  { accounts: { applicationHosts, memberHosts, schema, applicationUser, migrationUser }, ...config }: AgentConfig,
  passwords: Passwords,
): readonly Account[] {
  const ofApplication = (user: string, password: string, inSchema: readonly string[]): Account => ({
    user,
    host: applicationHosts,
    password,
    authentication: 'REQUIRE SSL',
    grants: [`GRANT ${inSchema.join(', ')} ON ${inGrant(schema)}`],
    inSchema,
  });
  const separate = migrationUser !== undefined && passwords.migration !== null;
  return [
    {
      user: config.localAccount.user,
      host: 'localhost',
      password: null,
      authentication: `IDENTIFIED WITH auth_socket AS 'mysql-member'`,
      grants: [
        'GRANT PROCESS, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT ON *.*',
        'GRANT GROUP_REPLICATION_ADMIN, REPLICATION_SLAVE_ADMIN, SYSTEM_VARIABLES_ADMIN, CLONE_ADMIN, CONNECTION_ADMIN ON *.*',
        'GRANT SELECT ON performance_schema.*',
        // to install what improves elections, see actions.ts
        'GRANT SELECT, INSERT ON mysql.component',
      ],
    },
    {
      user: config.replicationUser,
      host: memberHosts,
      password: passwords.replication,
      authentication: 'REQUIRE X509',
      grants: ['GRANT REPLICATION SLAVE ON *.*', 'GRANT GROUP_REPLICATION_STREAM, BACKUP_ADMIN, CONNECTION_ADMIN ON *.*'],
    },
    { user: 'platform_admin', host: 'localhost', password: passwords.admin, authentication: '', grants: ['GRANT ALL ON *.*'] },
    ofApplication(applicationUser, passwords.application, separate ? DATA_RIGHTS : [...DATA_RIGHTS, ...SCHEMA_RIGHTS]),
    ...(separate ? [ofApplication(migrationUser, passwords.migration, [...DATA_RIGHTS, ...SCHEMA_RIGHTS])] : []),
  ];
}

/** In a GRANT _ and % of a schema's name stand for any character and for any text. */
const pattern = (schema: string) => schema.replace(/[_%]/g, '\\$&');
/** What a right is granted on, so that the `_` of a name is no wildcard. */
export const inGrant = (schema: string): string => `\`${pattern(schema)}\`.*`;

export type Step = 'nothing' | 'create-locally' | 'apply-as-primary' | 'take-the-primary-role' | 'wait';

export interface MemberFacts {
  readonly state: string;
  readonly role: string | null;
  /** gtid_executed is empty. */
  readonly isEmpty: boolean;
  readonly upToDate: boolean;
}

/**
 * Accounts are the same on all members: a new, empty member makes them for itself, outside of the binary log; later
 * changes are made once, on the PRIMARY. The first member whose credentials are newer becomes the PRIMARY for it.
 */
export function nextStep({ state, role, isEmpty, upToDate }: MemberFacts): Step {
  if (upToDate) return 'nothing';
  if (state === 'ONLINE') return role === 'PRIMARY' ? 'apply-as-primary' : 'take-the-primary-role';
  return isEmpty && state === 'OFFLINE' ? 'create-locally' : 'wait';
}

/** Statements that bring the accounts to what is wanted, whatever they are now. A former password stays valid beside the new one. */
export function statements(config: AgentConfig, passwords: Passwords, escape: (text: string) => string): readonly string[] {
  const schema = config.accounts.schema;
  return [
    `CREATE DATABASE IF NOT EXISTS \`${schema}\` CHARACTER SET utf8mb4`,
    'CREATE DATABASE IF NOT EXISTS platform CHARACTER SET utf8mb4',
    'CREATE TABLE IF NOT EXISTS platform.account_revision (user VARCHAR(32) PRIMARY KEY, revision CHAR(64) NOT NULL)',
    ...accounts(config, passwords).flatMap((account) => {
      const name = `${escape(account.user)}@${escape(account.host)}`;
      const secret = account.password === null ? '' : `IDENTIFIED BY ${escape(account.password)} `;
      return [
        `CREATE USER IF NOT EXISTS ${name} ${secret}${account.authentication}`,
        ...account.grants.map((grant) => `${grant} TO ${name}`),
        `REPLACE INTO platform.account_revision VALUES (${escape(account.user)}, ${escape(revision(config, account))})`,
      ];
    }),
  ];
}

/** For `mysqld --initialize`, one statement a line: what a new data directory starts with. Not in the binary log. */
export function initialStatements(config: AgentConfig, passwords: Passwords): readonly string[] {
  const lines = statements(config, passwords, (text) => escape(text));
  return [
    'SET SESSION sql_log_bin = 0',
    `INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'`,
    'ALTER USER root@localhost IDENTIFIED WITH auth_socket',
    ...lines.map((line) => line.replaceAll(/\s*\n\s*/g, ' ')),
  ];
}

/** Tells whether a password is the one that was applied, without being worth guessing at. */
export function revision({ groupName }: Pick<AgentConfig, 'groupName'>, account: Account): string {
  const text = JSON.stringify([account.host, account.password, account.authentication, account.grants]);
  return scryptSync(text, `${groupName}/${account.user}`, 32).toString('hex');
}

/** Brings the accounts up to date from this host, as root over the local socket. */
export async function applyAccounts(
  config: AgentConfig,
  passwords: Passwords,
  becomePrimary: () => Promise<void>,
  log: (line: string) => void,
): Promise<void> {
  const session = await connect({ socket: config.localAccount.socket, user: 'root' });
  try {
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const step = nextStep(await facts(session, config, passwords));
      if (step === 'nothing') return;
      log(`accounts: ${step}`);
      if (step === 'take-the-primary-role') await becomePrimary();
      else if (step === 'apply-as-primary') await change(session, config, passwords);
      else if (step === 'create-locally') await createLocally(session, config, passwords);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    throw new Error('accounts are not up to date, and this member can neither become PRIMARY nor is it new');
  } finally {
    session.destroy();
  }
}

/** Rights that an account has in schemas, as MySQL lists them. */
export interface SchemaRight {
  readonly user: string;
  readonly host: string;
  /** As it was granted: a pattern. */
  readonly schema: string;
  readonly right: string;
}

/** Takes from the application's accounts what they were given once, and shall not have any more. */
export function withdrawals(config: AgentConfig, passwords: Passwords, present: readonly SchemaRight[]): readonly string[] {
  const wanted = accounts(config, passwords).filter(({ inSchema }) => inSchema);
  const surplus = present.filter(({ user, host, schema, right }) =>
    wanted.some(
      (account) =>
        account.user === user &&
        account.host === host &&
        !(schema === pattern(config.accounts.schema) && account.inSchema?.includes(right)),
    ),
  );
  return surplus.map(({ user, host, schema, right }) => `REVOKE ${right} ON \`${schema}\`.* FROM ${escape(user)}@${escape(host)}`);
}

/** Takes away accounts that the platform has made once, and that nobody uses any more: of a former `databaseUser`, or of migrations. */
export function departures(
  config: AgentConfig,
  passwords: Passwords,
  made: Iterable<string>,
  present: readonly { readonly user: string; readonly host: string }[],
): readonly string[] {
  const wanted = new Set(accounts(config, passwords).map(({ user }) => user));
  return [...made]
    .filter((user) => !wanted.has(user))
    .flatMap((user) => [
      ...present.filter((each) => each.user === user).map(({ host }) => `DROP USER ${escape(user)}@${escape(host)}`),
      `DELETE FROM platform.account_revision WHERE user = ${escape(user)}`,
    ]);
}

async function presentAccounts(session: Connection): Promise<readonly { readonly user: string; readonly host: string }[]> {
  const [rows] = await session.query<RowDataPacket[]>('SELECT user, host FROM mysql.user');
  return rows.map(({ user, host }) => ({ user: String(user), host: String(host) }));
}

async function schemaRights(session: Connection): Promise<readonly SchemaRight[]> {
  const [rows] = await session.query<RowDataPacket[]>(
    `SELECT u.user, u.host, p.table_schema AS of_schema, p.privilege_type AS of_right FROM mysql.user AS u
      JOIN information_schema.schema_privileges AS p ON p.grantee = CONCAT(QUOTE(u.user), '@', QUOTE(u.host))`,
  );
  return rows.map((row) => ({
    user: String(row['user']),
    host: String(row['host']),
    schema: String(row['of_schema']),
    right: String(row['of_right']),
  }));
}

/**
 * Once every host has the new passwords and every member has joined with them. Done by the PRIMARY: this member becomes it if there is
 * anything to do. Former rights and accounts go, too.
 */
export async function discardOldPasswords(
  config: AgentConfig,
  passwords: Passwords,
  becomePrimary: () => Promise<void>,
  log: (line: string) => void,
): Promise<void> {
  const ours = new Set(accounts(config, passwords).map(({ user }) => user));
  const session = await connect({ socket: config.localAccount.socket, user: 'root' });
  try {
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const former = await accountsWithFormerPassword(session, ours);
      const surplus = [
        ...withdrawals(config, passwords, await schemaRights(session)),
        ...departures(config, passwords, (await revisions(session)).keys(), await presentAccounts(session)),
      ];
      const step = nextStep({ ...(await facts(session, config, passwords)), upToDate: former.length + surplus.length === 0 });
      if (step === 'nothing') return;
      log(
        `former passwords of ${former.map(({ user }) => user).join(', ') || 'nobody'}, ${surplus.length} rights or accounts too many: ${step}`,
      );
      if (step === 'take-the-primary-role') await becomePrimary();
      else if (step === 'apply-as-primary') {
        for (const { user, host } of former) await session.query('ALTER USER ?@? DISCARD OLD PASSWORD', [user, host]);
        for (const statement of surplus) await session.query(statement);
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    throw new Error('former passwords, rights or accounts are still valid, and this member cannot become PRIMARY');
  } finally {
    session.destroy();
  }
}

async function accountsWithFormerPassword(
  session: Connection,
  ours: ReadonlySet<string>,
): Promise<readonly { readonly user: string; readonly host: string }[]> {
  const [rows] = await session.query<RowDataPacket[]>(
    "SELECT user, host FROM mysql.user WHERE JSON_CONTAINS_PATH(COALESCE(user_attributes, '{}'), 'one', '$.additional_password')",
  );
  return rows.map(({ user, host }) => ({ user: String(user), host: String(host) })).filter(({ user }) => ours.has(user));
}

async function facts(session: Connection, config: AgentConfig, passwords: Passwords): Promise<MemberFacts> {
  const [rows] = await session.query<RowDataPacket[]>(
    `SELECT m.member_state AS state, m.member_role AS role, @@gtid_executed = '' AS is_empty
      FROM (SELECT 1) AS one LEFT JOIN performance_schema.replication_group_members AS m ON m.member_id = @@server_uuid`,
  );
  const recorded = await revisions(session);
  const upToDate = accounts(config, passwords).every((account) => recorded.get(account.user) === revision(config, account));
  const row = rows[0];
  return {
    state: String(row?.['state'] ?? 'OFFLINE'),
    role: (row?.['role'] as string | null) ?? null,
    isEmpty: Number(row?.['is_empty']) === 1,
    upToDate,
  };
}

async function revisions(session: Connection): Promise<ReadonlyMap<string, string>> {
  try {
    const [rows] = await session.query<RowDataPacket[]>('SELECT user, revision FROM platform.account_revision');
    return new Map(rows.map((row) => [String(row['user']), String(row['revision'])]));
  } catch (error) {
    if (['ER_NO_SUCH_TABLE', 'ER_BAD_DB_ERROR'].includes((error as { code?: string }).code ?? '')) return new Map();
    throw error;
  }
}

async function createLocally(session: Connection, config: AgentConfig, passwords: Passwords): Promise<void> {
  await session.query('SET SESSION sql_log_bin = 0');
  await session.query('SET GLOBAL super_read_only = OFF');
  try {
    await change(session, config, passwords);
  } finally {
    await session.query('SET GLOBAL super_read_only = ON');
    await session.query('SET SESSION sql_log_bin = 1');
  }
}

async function change(session: Connection, config: AgentConfig, passwords: Passwords): Promise<void> {
  const recorded = await revisions(session);
  for (const account of accounts(config, passwords)) {
    if (account.password === null || !recorded.has(account.user) || recorded.get(account.user) === revision(config, account)) continue;
    // both are valid from here on: other hosts learn the new one later
    await session.query(`ALTER USER ?@? IDENTIFIED BY ? RETAIN CURRENT PASSWORD`, [account.user, account.host, account.password]);
  }
  for (const statement of statements(config, passwords, (text) => session.escape(text))) await session.query(statement);
}

/** @param separate whether there is an account for migrations */
export async function readPasswords(folder: string, separate: boolean): Promise<Passwords> {
  const read = async (name: string) => (await readFile(`${folder}/${name}`, 'utf8')).trim();
  const [admin, replication, application] = await Promise.all(
    ['mysql-admin-password', 'mysql-replication-password', 'mysql-app-password'].map(read),
  );
  const migration = separate ? await read('mysql-migration-password') : null;
  if (!admin || !replication || !application || migration === '') throw new Error(`a MySQL password in ${folder} is empty`);
  return { admin, replication, application, migration };
}
