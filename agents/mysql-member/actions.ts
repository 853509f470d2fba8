import { writeFile } from 'node:fs/promises';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { AgentConfig } from './config';
import { connect } from './database';
import type { LocalAction } from './decision';
import { dumpErrant } from './errant';

export interface Tools {
  readonly config: AgentConfig;
  readonly password: () => Promise<string>;
  readonly log: (line: string) => void;
}

const MINUTE_MS = 60_000;
/** A clone copies the whole volume: 10 TB at 100 MB/s. */
const CLONE_LIMIT_MS = 28 * 60 * MINUTE_MS;

/** Carries out one decision. Rejects when it did not work; the next decision starts from what is then the case. */
export async function act(action: LocalAction, tools: Tools): Promise<void> {
  switch (action.kind) {
    case 'bootstrap':
    case 'reboot-group':
      return withSession(tools, 2 * MINUTE_MS, (session) => bootstrap(session, tools, action.groupName));
    case 'join':
    case 'rejoin':
      return withSession(tools, 3 * MINUTE_MS, (session) => join(session, tools, action.groupName));
    case 'join-by-clone':
      return withSession(tools, CLONE_LIMIT_MS, (session) => clone(session, tools, action.donor));
    case 'leave':
      return withSession(tools, MINUTE_MS, (session) => run(session, 'STOP GROUP_REPLICATION'));
    case 'fence':
      return withSession(tools, 3000, fence);
    case 'unfence':
      return withSession(tools, 3000, unfence);
    case 'apply-relay-log':
      return withSession(tools, 30 * MINUTE_MS, (session) => applyRelayLog(session));
    case 'report-errant':
      return dumpErrant(action.errant, tools);
    case 'end-mysqld':
      return writeFile(tools.config.endMysqldFile, '');
  }
}

/** Gives the PRIMARY's role to that member: waits up to two seconds for transactions that run. */
export async function switchover(serverUuid: string, tools: Tools, limitMs: number): Promise<void> {
  await withSession(tools, limitMs, async (session) => {
    await session.query('SELECT group_replication_set_as_primary(?, 2)', [serverUuid]);
  });
}

async function bootstrap(session: Connection, tools: Tools, groupName: string): Promise<void> {
  await prepare(session, tools, groupName);
  try {
    await run(session, 'SET GLOBAL group_replication_bootstrap_group = ON');
    await start(session, tools);
  } finally {
    // left ON, the next start of this member would found a second group
    await run(session, 'SET GLOBAL group_replication_bootstrap_group = OFF');
  }
}

async function join(session: Connection, tools: Tools, groupName: string): Promise<void> {
  await prepare(session, tools, groupName);
  await start(session, tools);
}

async function prepare(session: Connection, tools: Tools, groupName: string): Promise<void> {
  const { config } = tools;
  // a member in state ERROR has left the group, but its plugin still runs
  await run(session, 'STOP GROUP_REPLICATION');
  await run(session, 'SET GLOBAL group_replication_bootstrap_group = OFF');
  await session.query('SET GLOBAL group_replication_group_name = ?', [groupName]);
  const seeds = config.members.filter(({ name }) => name !== config.name).map(({ address }) => `${address}:${config.sqlPort}`);
  await session.query('SET GLOBAL group_replication_group_seeds = ?', [seeds.join(',')]);
  await preferMostUpdated(session).catch((error: unknown) => tools.log(`elections go by weight alone: ${String(error)}`));
}

/**
 * A new PRIMARY applies all it has received before it serves: with this component the group elects the one with least to
 * apply. MySQL writes its installation to no binary log, so that each member installs it for itself, once. MySQL 8.4 has it
 * not in its community edition.
 */
async function preferMostUpdated(session: Connection): Promise<void> {
  const urn = 'file://component_group_replication_elect_prefers_most_updated';
  const [installed] = await session.query<RowDataPacket[]>('SELECT 1 FROM mysql.component WHERE component_urn = ?', [urn]);
  if (installed.length > 0) return;
  await run(session, 'SET SESSION sql_log_bin = 0');
  try {
    // read_only stays ON, so that no client can write meanwhile
    await run(session, 'SET GLOBAL super_read_only = OFF');
    await run(session, `INSTALL COMPONENT '${urn}'`);
  } finally {
    await run(session, 'SET GLOBAL super_read_only = ON');
    await run(session, 'SET SESSION sql_log_bin = 1');
  }
}

async function start(session: Connection, tools: Tools): Promise<void> {
  // here and not in CHANGE REPLICATION SOURCE: that one would write the password into a table
  await session.query('START GROUP_REPLICATION USER = ?, PASSWORD = ?', [tools.config.replicationUser, await tools.password()]);
}

async function clone(session: Connection, tools: Tools, donor: string): Promise<void> {
  const { config } = tools;
  const source = config.members.find((member) => member.name === donor);
  if (!source) throw new Error(`the donor ${donor} is not configured`);
  await run(session, 'STOP GROUP_REPLICATION');
  await run(session, 'STOP REPLICA');
  await run(session, 'RESET REPLICA ALL');
  await session.query('SET GLOBAL clone_valid_donor_list = ?', [`${source.address}:${config.sqlPort}`]);
  await run(session, 'SET SESSION sql_log_bin = 0');
  try {
    // it drops this member's schemas first; read_only stays ON, so that no client can write meanwhile
    await run(session, 'SET GLOBAL super_read_only = OFF');
    await session.query('CLONE INSTANCE FROM ?@?:? IDENTIFIED BY ? REQUIRE SSL', [
      config.replicationUser,
      source.address,
      config.sqlPort,
      await tools.password(),
    ]);
  } catch (error) {
    // MySQL restarts itself at the end, and drops this connection
    if (!isConnectionLoss(error)) {
      await run(session, 'SET GLOBAL super_read_only = ON');
      throw error;
    }
    tools.log('clone: data copied, mysqld restarts');
  }
}

/** Ends the right to write. */
async function fence(session: Connection): Promise<void> {
  // SET waits for commits that wait for a majority; they end when MySQL itself gives up (unreachable_majority_timeout)
  await run(session, 'SET SESSION lock_wait_timeout = 2');
  await run(session, 'SET GLOBAL super_read_only = ON');
}

/** Decided again inside MySQL, in one statement: the member may have left the group since the sample. */
async function unfence(session: Connection): Promise<void> {
  await run(
    session,
    // OFF takes super_read_only with it; the other way round read_only would stay ON and refuse the application's writes
    `SET GLOBAL read_only = (SELECT IF(COUNT(*) = 1, 0, 1) FROM performance_schema.replication_group_members
      WHERE member_id = @@server_uuid AND member_state = 'ONLINE' AND member_role = 'PRIMARY')`,
  );
}

/** Finishes what the group had sent before the outage; it may be more than the last PRIMARY's peers applied. */
async function applyRelayLog(session: Connection): Promise<void> {
  const channel = `FOR CHANNEL 'group_replication_applier'`;
  await run(session, `START REPLICA SQL_THREAD ${channel}`);
  try {
    for (;;) {
      const [rows] = await session.query<RowDataPacket[]>(
        `SELECT (SELECT GTID_SUBSET(received_transaction_set, @@gtid_executed)
            FROM performance_schema.replication_connection_status WHERE channel_name = 'group_replication_applier') AS done,
          (SELECT service_state FROM performance_schema.replication_applier_status
            WHERE channel_name = 'group_replication_applier') AS state`,
      );
      if (Number(rows[0]?.['done'] ?? 1) === 1) return;
      if (rows[0]?.['state'] !== 'ON') throw new Error('the applier stopped before the end of its relay log');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  } finally {
    await run(session, `STOP REPLICA SQL_THREAD ${channel}`);
  }
}

async function run(session: Connection, sql: string): Promise<void> {
  await session.query(sql);
}

/** A session of its own for each action; past the limit it is cut, and MySQL ends its statement or finishes it. */
async function withSession(tools: Tools, limitMs: number, work: (session: Connection) => Promise<void>): Promise<void> {
  const session = await connect(tools.config.localAccount);
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${limitMs / 1000} s`)), limitMs);
  });
  try {
    await Promise.race([work(session), tooLate]);
  } finally {
    clearTimeout(timer);
    session.destroy();
  }
}

function isConnectionLoss(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? '';
  return ['PROTOCOL_CONNECTION_LOST', 'ECONNRESET', 'EPIPE', 'ER_SERVER_SHUTDOWN', 'ER_QUERY_INTERRUPTED'].includes(code);
}
