import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { STATES, type MemberState, type Role, type Sample, type ViewMember } from './report';

/** Local socket and auth_socket: the account belongs to the agent's system user and has no password. */
export interface LocalAccount {
  readonly socket: string;
  readonly user: string;
}

const SAMPLE = `
SELECT @@server_uuid AS serverUuid, @@version AS version, @@super_read_only AS superReadOnly, @@read_only AS readOnly,
  @@group_replication_group_name AS groupName, @@gtid_executed AS executed, @@gtid_purged AS purged,
  (SELECT received_transaction_set FROM performance_schema.replication_connection_status
    WHERE channel_name = 'group_replication_applier') AS received,
  (SELECT view_id FROM performance_schema.replication_group_member_stats WHERE member_id = @@server_uuid) AS viewId,
  (SELECT count_transactions_remote_in_applier_queue FROM performance_schema.replication_group_member_stats
    WHERE member_id = @@server_uuid) AS applierQueue,
  (SELECT COUNT(*) FROM performance_schema.processlist WHERE info LIKE 'START GROUP_REPLICATION%'
    OR info LIKE 'STOP GROUP_REPLICATION%' OR info LIKE 'CLONE INSTANCE%') AS changing,
  (SELECT JSON_ARRAYAGG(JSON_OBJECT('uuid', member_id, 'host', member_host, 'state', member_state, 'role', member_role))
    FROM performance_schema.replication_group_members) AS members`;

export interface SampleRow {
  readonly serverUuid: string;
  readonly version: string;
  readonly superReadOnly: number;
  readonly readOnly: number;
  readonly groupName: string | null;
  readonly executed: string;
  readonly purged: string;
  readonly received: string | null;
  readonly viewId: string | null;
  readonly applierQueue: number | string | null;
  readonly changing: number;
  readonly members: string | readonly MemberRow[] | null;
}

interface MemberRow {
  readonly uuid: string;
  readonly host: string;
  readonly state: string;
  readonly role: string;
}

export async function connect(account: LocalAccount): Promise<Connection> {
  const connection = await createConnection({
    socketPath: account.socket,
    user: account.user,
    connectTimeout: 2000,
    supportBigNumbers: true,
  });
  // without a listener the loss of an idle connection would end the agent
  connection.on('error', () => connection.destroy());
  return connection;
}

/** @param nameOf configured name of a member by its address */
export async function takeSample(connection: Connection, nameOf: (address: string) => string): Promise<Sample> {
  const [rows] = await connection.query<(SampleRow & RowDataPacket)[]>(SAMPLE);
  const row = rows[0];
  if (!row) throw new Error('the sample query returned no row');
  return toSample(row, nameOf);
}

export function toSample(row: SampleRow, nameOf: (address: string) => string): Sample {
  const members = parseMembers(row.members);
  const own = members.find((member) => member.uuid === row.serverUuid);
  const [epoch, counter] = (row.viewId ?? '').split(':');
  return {
    serverUuid: row.serverUuid,
    version: row.version,
    groupName: row.groupName ?? '',
    state: stateOf(own?.state),
    role: roleOf(own?.role),
    superReadOnly: Number(row.superReadOnly) === 1,
    readOnly: Number(row.readOnly) === 1,
    view: epoch && counter ? { epoch, counter: Number(counter) } : null,
    members: members
      .filter((member) => member.uuid !== '' && member.state !== 'OFFLINE')
      .map((member): ViewMember => ({ name: nameOf(member.host), state: stateOf(member.state), role: roleOf(member.role) })),
    executed: compact(row.executed),
    purged: compact(row.purged),
    received: compact(row.received ?? ''),
    changing: Number(row.changing) > 0,
    applierQueue: Number(row.applierQueue ?? 0),
  };
}

function parseMembers(members: SampleRow['members']): readonly MemberRow[] {
  return typeof members === 'string' ? (JSON.parse(members) as MemberRow[]) : (members ?? []);
}

function stateOf(text: string | undefined): MemberState {
  return STATES.find((state) => state === text) ?? 'OFFLINE';
}

function roleOf(text: string | undefined): Role | null {
  return text === 'PRIMARY' || text === 'SECONDARY' ? text : null;
}

function compact(gtids: string): string {
  return gtids.replaceAll(/\s/g, '');
}
