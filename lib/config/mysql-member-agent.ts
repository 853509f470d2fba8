/** What agents/mysql-member reads from /etc/platform/mysql-member.json. It holds no secret. */
export interface MySqlMemberAgentFile {
  /** This member's host name. */
  readonly name: string;
  /** Its private address: the agent listens there. */
  readonly address: string;
  /** All members of the group, in the order of their ordinals. Without this one: it leaves the group and stays out. */
  readonly members: readonly { readonly name: string; readonly address: string }[];
  /** UUID in the ids of the group's transactions; stays the same for life. */
  readonly groupName: string;
  readonly sqlPort: number;
  readonly healthPort: number;
  readonly localAccount: { readonly socket: string; readonly user: string };
  readonly replicationUser: string;
  /** On the data volume: must be lost exactly when the data is. */
  readonly memoryFile: string;
  /** Where errant transactions are set aside, on the data volume. */
  readonly errantFolder: string;
  readonly controlSocket: string;
  /** Written by the agent so that mysqld is killed: see mysql-end.path. */
  readonly endMysqldFile: string;
  readonly accounts: {
    /** The application's schema and account. */
    readonly schema: string;
    readonly applicationUser: string;
    /** May change the schema, which the application's account may not then. Undefined: that one may. */
    readonly migrationUser?: string;
    /** Where it may log in from, as MySQL writes it: `10.0.3.0/255.255.255.0`. */
    readonly applicationHosts: string;
    readonly memberHosts: string;
  };
}

export function renderMySqlMemberAgentConfig(file: MySqlMemberAgentFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}
