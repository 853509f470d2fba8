/**
 * What is known about a statement that failed.
 *
 * - `not-executed`: it has left no trace; it may be sent again, whatever it is.
 * - `unclear`: it may have been committed, or may still be; it may be sent again only if repeating it is harmless.
 * - `permanent`: the statement itself is at fault; sending it again gives the same answer.
 */
export type Outcome = 'not-executed' | 'unclear' | 'permanent';

/** No connection, so nothing was sent. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected';
}

/** A later statement of the same work failed: what an earlier one has written is there. */
export class PartlyExecuted extends Error {
  override readonly name = 'PartlyExecuted';
}

/** The time for a request is over and the database has not answered. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
  constructor(
    /** `unclear`: what was asked for may have been done, or may still be. */
    readonly outcome: Exclude<Outcome, 'permanent'>,
    options: ErrorOptions,
  ) {
    super('the database has not answered in time', options);
  }
}

const NOT_EXECUTED: ReadonlySet<number> = new Set([
  1021, // ER_DISK_FULL
  1040, // ER_CON_COUNT_ERROR: too many connections
  1114, // ER_RECORD_FILE_FULL
  1203, // ER_TOO_MANY_USER_CONNECTIONS
  1205, // ER_LOCK_WAIT_TIMEOUT: the statement was rolled back, and here a statement is a transaction
  1213, // ER_LOCK_DEADLOCK: rolled back
  1223, // ER_CANT_UPDATE_WITH_READLOCK
  1290, // ER_OPTION_PREVENTS_STATEMENT: super_read_only, this is not the PRIMARY any more
  1836, // ER_READ_ONLY_MODE
  3032, // ER_SERVER_OFFLINE_MODE
  3797, // ER_GRP_TRX_CONSISTENCY_BEFORE: the new PRIMARY could not catch up in time
  3798, // ER_GRP_TRX_CONSISTENCY_AFTER_ON_TRX_BEGIN
  4031, // ER_CLIENT_INTERACTION_TIMEOUT: closed while it was idle
  4094, // ER_OPERATION_NOT_ALLOWED_WHILE_PRIMARY_CHANGE_IS_RUNNING: a switchover lets nothing new begin
]);

const UNCLEAR: ReadonlySet<number> = new Set([
  1053, // ER_SERVER_SHUTDOWN
  1152, // ER_ABORTING_CONNECTION
  1180, // ER_ERROR_DURING_COMMIT
  1181, // ER_ERROR_DURING_ROLLBACK
  1184, // ER_NEW_ABORTING_CONNECTION
  1317, // ER_QUERY_INTERRUPTED
  3169, // ER_SESSION_WAS_KILLED
  // Group Replication rolled back here. But the group may have agreed on the transaction before this member lost it
  3100, // ER_RUN_HOOK_ERROR, "Error on observer while running replication hook 'before_commit'"
  3101, // ER_TRANSACTION_ROLLBACK_DURING_COMMIT
]);

const DUPLICATE_ENTRY = 1062;

/** The codes that Node and mysql2 give to a connection that broke, or fell silent, while a statement was under way. */
const CONNECTION_LOST: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
]);

/** Takes any error of mysql2 or of Node's sockets; pure. */
export function classify(error: unknown): Outcome {
  if (error instanceof NotConnected) return 'not-executed';
  if (error instanceof PartlyExecuted) return 'unclear';
  const { errno, code, fatal } = properties(error);
  if (typeof errno === 'number' && NOT_EXECUTED.has(errno)) return 'not-executed';
  if (typeof errno === 'number' && UNCLEAR.has(errno)) return 'unclear';
  if (typeof code === 'string' && CONNECTION_LOST.has(code)) return 'unclear';
  // mysql2 marks with it what ends a connection, also where it has no code for it
  if (fatal === true) return 'unclear';
  return 'permanent';
}

/** For what follows a statement that was executed: that it has itself left no trace does not hold for the work as a whole. */
export async function afterExecuted<T>(following: Promise<T>): Promise<T> {
  try {
    return await following;
  } catch (error) {
    throw classify(error) === 'not-executed' ? new PartlyExecuted('executed in part', { cause: error }) : error;
  }
}

/** Whether a statement with this outcome may be sent again. */
export function mayRepeat(outcome: Outcome, { harmless }: { harmless: boolean }): boolean {
  return outcome === 'not-executed' || (outcome === 'unclear' && harmless);
}

export function isDuplicate(error: unknown): boolean {
  return properties(error).errno === DUPLICATE_ENTRY;
}

function properties(error: unknown): { errno?: unknown; code?: unknown; fatal?: unknown } {
  return typeof error === 'object' && error !== null ? error : {};
}
