export type Value = string | number | null;

/** One connection to one MySQL member, for as long as a piece of work takes. Each statement is a transaction of its own. */
export interface Session {
  /** Name of the member's host. */
  readonly hostName: string;
  query<Row>(sql: string, values?: readonly Value[]): Promise<readonly Row[]>;
  execute(sql: string, values?: readonly Value[]): Promise<{ readonly insertId: number; readonly affectedRows: number }>;
}

export interface Limits {
  /** Longest wait for a connection. */
  readonly withinMilliseconds: number;
  /** Longest wait for each statement. @default 5000, or what is left of `withinMilliseconds` if that is less */
  readonly statementMilliseconds?: number;
}

/** What the application needs of a database. */
export interface Database {
  /** On the PRIMARY. */
  onPrimary<T>(limits: Limits, work: (session: Session) => Promise<T>): Promise<T>;
  /** On a member fit for reads; what was just written may be missing there for a moment. */
  onReader<T>(limits: Limits, work: (session: Session) => Promise<T>): Promise<T>;
}
