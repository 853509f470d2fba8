import { expect, test } from 'vitest';
import { renderMetrics } from '../../../agents/common/metrics';
import { metricsOf } from '../../../agents/mysql-member/metrics';
import type { AgentStatus } from '../../../agents/mysql-member/status';
import { online, report, REMEMBERS } from './situations';

test('is Prometheus text with one value a line', () => {
  const status: AgentStatus = {
    name: 'db-1',
    state: 'ONLINE',
    role: 'PRIMARY',
    members: online('PRIMARY').members,
    gtidExecuted: 'g:1-9',
    applierQueue: 2,
    lagSeconds: 0.5,
    version: '9.7.4',
    sampleAgeMs: 120,
    lookFailure: null,
    warnings: ['0.5 GB of 20.0 GB are free on the data volume'],
    primary: { ok: true, why: 'PRIMARY' },
    reader: { ok: true, why: 'PRIMARY' },
    lastDecision: { kind: 'stay', reason: 'ONLINE in the majority' },
    lastAction: null,
    joinFailures: 0,
    dumps: [
      { file: 'a.sql', gtids: 'x:1' },
      { file: 'b.sql', gtids: 'x:1' },
    ],
    peers: {},
    actions: { rejoin: 1 },
    report: report('db-1', { memory: REMEMBERS, disk: { freeBytes: 5e8, sizeBytes: 2e10 } }),
  };
  const text = renderMetrics(metricsOf(status));
  for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^(# (HELP|TYPE) .+|[a-z_]+(\{[a-z]+="[^"]*"\})? -?[0-9.]+)$/);
  expect(text).toContain('mysql_member_state{state="ONLINE"} 1\n');
  expect(text).toContain('mysql_member_disk_free_bytes 500000000\n');
  expect(text).toContain('mysql_member_lag_seconds 0.5\n');
  expect(text).toContain('mysql_member_disk_low 1\n');
  expect(text).toContain('mysql_member_decision{kind="stay"} 1\n');
  expect(text).toContain('mysql_member_sample_age_seconds 0.12\n');
  expect(text).toContain('mysql_member_errant_transactions 2\n');
  expect(text).toContain('mysql_member_actions_total{action="rejoin"} 1\n');
});
