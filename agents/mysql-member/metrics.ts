import { counter, gauge, type Metric } from '../common/metrics';
import { isLow } from './disk';
import { parseGtidSet, sizeOf } from './gtid';
import { STATES } from './report';
import type { AgentStatus } from './status';

/** GET /metrics. */
export function metricsOf(status: AgentStatus): readonly Metric[] {
  const { lastDecision: decision } = status;
  const { disk, memory } = status.report;
  const online = status.members.filter(({ state }) => state === 'ONLINE').length;
  const setAside = status.dumps.reduce((sum, { gtids }) => sum + sizeOf(parseGtidSet(gtids)), 0);
  return [
    gauge(
      'mysql_member_state',
      'Member state as MySQL prints it, DOWN without an answer',
      ['DOWN', ...STATES].map((state) => [{ state }, status.state === state]),
    ),
    gauge('mysql_member_primary', 'This member is PRIMARY', status.role === 'PRIMARY'),
    gauge('mysql_member_healthy', 'Answer to the health check', [
      [{ for: 'primary' }, status.primary.ok],
      [{ for: 'reader' }, status.reader.ok],
    ]),
    gauge('mysql_member_online_members', 'Members that are ONLINE in the view of this member', online),
    gauge('mysql_member_applier_queue', 'Transactions received and not applied', status.applierQueue ?? 0),
    gauge('mysql_member_lag_seconds', 'How long ago the PRIMARY had already what this member lacks', status.lagSeconds ?? 0),
    gauge('mysql_member_disk_free_bytes', 'Space on the data volume that mysqld may use', disk ? disk.freeBytes : []),
    gauge('mysql_member_disk_size_bytes', 'Size of the file system on the data volume', disk ? disk.sizeBytes : []),
    gauge('mysql_member_disk_low', 'Less than 10 % or 1 GB is free', disk ? isLow(disk) : []),
    gauge('mysql_member_warnings', 'Sentences of platform-mysql status that somebody should look at', status.warnings.length),
    gauge(
      'mysql_member_sample_age_seconds',
      'Age of the last answer of mysqld, -1 without one',
      status.sampleAgeMs === null ? -1 : status.sampleAgeMs / 1000,
    ),
    gauge('mysql_member_incarnation', 'Number of the group bootstrap this member belongs to', memory.incarnation),
    gauge('mysql_member_needs_operator', 'The agent waits for a decision by a person', decision?.kind === 'needs-operator'),
    gauge('mysql_member_decision', 'The last decision of the agent', decision ? [[{ kind: decision.kind }, true]] : []),
    gauge('mysql_member_join_failures', 'Attempts to join that failed since the last success', status.joinFailures),
    gauge('mysql_member_errant_transactions', 'Transactions that were set aside in dumps on this member', setAside),
    counter(
      'mysql_member_actions_total',
      'Actions started by the agent',
      Object.entries(status.actions).map(([action, count]) => [{ action }, count]),
    ),
  ];
}
