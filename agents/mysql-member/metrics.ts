import { parseGtidSet, sizeOf } from './gtid';
import { isLow } from './disk';
import { STATES } from './report';
import type { AgentStatus } from './status';

/** Prometheus text format. */
export function renderMetrics(status: AgentStatus): string {
  const { disk } = status.report;
  const online = status.members.filter(({ state }) => state === 'ONLINE').length;
  return (
    [
      ...family('mysql_member_state', 'gauge', 'Member state as MySQL prints it, DOWN without an answer', [
        ...['DOWN', ...STATES].map((state) => [`state="${state}"`, status.state === state] as const),
      ]),
      ...family('mysql_member_primary', 'gauge', 'This member is PRIMARY', [['', status.role === 'PRIMARY']]),
      ...family('mysql_member_healthy', 'gauge', 'Answer to the health check', [
        ['for="primary"', status.primary.ok],
        ['for="reader"', status.reader.ok],
      ]),
      ...family('mysql_member_online_members', 'gauge', 'Members that are ONLINE in the view of this member', [['', online]]),
      ...family('mysql_member_applier_queue', 'gauge', 'Transactions received and not applied', [['', status.applierQueue ?? 0]]),
      ...family('mysql_member_lag_seconds', 'gauge', 'How long ago the PRIMARY had already what this member lacks', [
        ['', status.lagSeconds ?? 0],
      ]),
      ...family(
        'mysql_member_disk_free_bytes',
        'gauge',
        'Space on the data volume that mysqld may use',
        disk ? [['', disk.freeBytes]] : [],
      ),
      ...family('mysql_member_disk_size_bytes', 'gauge', 'Size of the file system on the data volume', disk ? [['', disk.sizeBytes]] : []),
      ...family('mysql_member_disk_low', 'gauge', 'Less than 10 % or 1 GB is free', disk ? [['', isLow(disk)]] : []),
      ...family('mysql_member_warnings', 'gauge', 'Sentences of platform-mysql status that somebody should look at', [
        ['', status.warnings.length],
      ]),
      ...family('mysql_member_sample_age_seconds', 'gauge', 'Age of the last answer of mysqld, -1 without one', [
        ['', status.sampleAgeMs === null ? -1 : status.sampleAgeMs / 1000],
      ]),
      ...family('mysql_member_incarnation', 'gauge', 'Number of the group bootstrap this member belongs to', [
        ['', status.report.memory.incarnation],
      ]),
      ...family('mysql_member_needs_operator', 'gauge', 'The agent waits for a decision by a person', [
        ['', status.lastDecision?.kind === 'needs-operator'],
      ]),
      ...family(
        'mysql_member_decision',
        'gauge',
        'The last decision of the agent',
        status.lastDecision ? [[`kind="${status.lastDecision.kind}"`, true]] : [],
      ),
      ...family('mysql_member_join_failures', 'gauge', 'Attempts to join that failed since the last success', [['', status.joinFailures]]),
      ...family('mysql_member_errant_transactions', 'gauge', 'Transactions that were set aside in dumps on this member', [
        ['', status.dumps.reduce((sum, { gtids }) => sum + sizeOf(parseGtidSet(gtids)), 0)],
      ]),
      ...family(
        'mysql_member_actions_total',
        'counter',
        'Actions started by the agent',
        Object.entries(status.actions).map(([kind, count]) => [`action="${kind}"`, count] as const),
      ),
    ].join('\n') + '\n'
  );
}

function family(name: string, type: 'gauge' | 'counter', help: string, values: readonly (readonly [string, number | boolean])[]): string[] {
  const lines = values.map(([labels, value]) => `${name}${labels && `{${labels}}`} ${Number(value)}`);
  return lines.length > 0 ? [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines] : [];
}
