export interface MyCnfConfig {
  /** Private address; other members and the app hosts connect to it. */
  readonly address: string;
  /** Ordinal of the member, from 1. */
  readonly serverId: number;
  readonly port: number;
  readonly groupName: string;
  readonly dataFolder: string;
  /** Folder with ca.pem, server.pem and server.key. */
  readonly tlsFolder: string;
  readonly maxConnections: number;
  /** How long binary logs are kept, in days. */
  readonly binaryLogDays: number;
  /** Statements that take longer, in seconds, go to the slow log. */
  readonly slowSeconds: number;
  /** Its lines hold whole statements, with the data that is in them. */
  readonly slowLog: boolean;
}

/**
 * /etc/mysql/platform.cnf: the only file that mysqld reads (the packages' own files are left to the packages). What follows
 * from the memory of the server is not in it: mysql-prepare tells mysqld at each start. The same for MySQL 8.4 and 9.7: what
 * changed between them (https://dev.mysql.com/doc/mysqld-version-reference/en/options-variables.html) is not in it.
 */
export function renderMyCnf(config: MyCnfConfig): string {
  const { tlsFolder: tls } = config;
  return `\
[mysqld]
user = mysql
server_id = ${config.serverId}
datadir = ${config.dataFolder}
socket = /run/mysqld/mysqld.sock
pid_file = /run/mysqld/mysqld.pid
tmpdir = ${config.dataFolder}-tmp
# no log_error: what mysqld has to say goes to the journal ("stderr" here would be a file of that name)
log_error_verbosity = 2
bind_address = ${config.address}
port = ${config.port}
mysqlx = OFF
# with communication_stack=MYSQL a join waits for names, and fails after 60 s
skip_name_resolve = ON
report_host = ${config.address}
report_port = ${config.port}
max_connections = ${config.maxConnections}
default_time_zone = '+00:00'
local_infile = OFF
secure_file_priv = NULL

# a member may be restarted at any time, and is nothing until the agent and the group agree on it
super_read_only = ON
require_secure_transport = ON
sql_require_primary_key = ON
ssl_ca = ${tls}/ca.pem
ssl_cert = ${tls}/server.pem
ssl_key = ${tls}/server.key

# an acknowledged write is on this disk
sync_binlog = 1
innodb_flush_log_at_trx_commit = 1
innodb_flush_method = O_DIRECT

gtid_mode = ON
enforce_gtid_consistency = ON
log_bin = binlog
relay_log = relay
log_replica_updates = ON
max_binlog_size = 256M
binlog_expire_logs_seconds = ${Math.round(config.binaryLogDays * 86_400)}
# agents bring channels up, not mysqld
skip_replica_start = ON
replica_parallel_workers = 4
replica_preserve_commit_order = ON

slow_query_log = ${config.slowLog ? 'ON' : 'OFF'}
long_query_time = ${Number(config.slowSeconds.toFixed(6))}
slow_query_log_file = slow.log

plugin_load_add = group_replication.so
plugin_load_add = mysql_clone.so
# loose: --initialize reads this file too, before there are plugins
loose_clone_ssl_ca = ${tls}/ca.pem
loose_clone_ssl_cert = ${tls}/server.pem
loose_clone_ssl_key = ${tls}/server.key
loose_group_replication_group_name = ${config.groupName}
loose_group_replication_local_address = ${config.address}:${config.port}
loose_group_replication_communication_stack = MYSQL
loose_group_replication_single_primary_mode = ON
loose_group_replication_enforce_update_everywhere_checks = OFF
# the agent decides who founds and who joins
loose_group_replication_start_on_boot = OFF
loose_group_replication_bootstrap_group = OFF
loose_group_replication_autorejoin_tries = 0
# the failure detector takes five seconds; 0 adds one more, 1 to 10 add some sixteen
loose_group_replication_member_expel_timeout = 0
# cut off from the majority: no more writes, and every waiting one ends with an error
loose_group_replication_unreachable_majority_timeout = 2
loose_group_replication_exit_state_action = READ_ONLY
loose_group_replication_paxos_single_leader = ON
# a new PRIMARY first applies all it has received: nobody reads an older state than before
loose_group_replication_consistency = BEFORE_ON_PRIMARY_FAILOVER
loose_group_replication_ssl_mode = VERIFY_CA
loose_group_replication_recovery_use_ssl = ON
loose_group_replication_recovery_ssl_ca = ${tls}/ca.pem
loose_group_replication_recovery_ssl_cert = ${tls}/server.pem
loose_group_replication_recovery_ssl_key = ${tls}/server.key
loose_group_replication_recovery_ssl_verify_server_cert = ON
loose_group_replication_recovery_retry_count = 5
loose_group_replication_recovery_reconnect_interval = 2
`;
}
