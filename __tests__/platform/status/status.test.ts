import { expect, test } from 'vitest';
import type { Host } from '../../../platform/environment/outputs';
import { askLine, readAnswer } from '../../../platform/status/ask';
import { renderStatus } from '../../../platform/status/render';
import { judge, type HostStatus } from '../../../platform/status/report';

const NOW = Date.parse('2031-01-01T00:00:00Z');
const host = (name: string, tier: Host['tier'], at: string): Host => ({
  name,
  tier,
  privateAddress: `10.0.${at}`,
  publicAddress: tier === 'lb' ? `203.0.113.${at.split('.')[1]}` : null,
});
const lb = (name: string, at: string, vrrp: string): HostStatus =>
  readAnswer(
    host(name, 'lb', at),
    `motd\nplatform: status\nactive\nactive\nactive\n${JSON.stringify({ vrrp, floatingIp: { holder: 'lb-1' } })}\n{"endsAt":"2031-02-03T04:05:06.000Z"}\n`,
  );
const member = (name: string, at: string, status: object): HostStatus =>
  readAnswer(host(name, 'mysql', at), `platform: status\nactive\nactive\n${JSON.stringify({ state: 'ONLINE', ...status })}\n\n`);
const web: HostStatus = readAnswer(host('web-1', 'web', '2.11'), 'platform: status\nactive\n');
const PRIMARY = { role: 'PRIMARY', primary: { ok: true }, members: [{ state: 'ONLINE' }], applierQueue: 0, lagSeconds: 0 };

const report = (...hosts: HostStatus[]) =>
  judge({ environment: 'shop', url: 'https://www.example.com/', floatingIp: '203.0.113.100', hosts }, NOW);
const HEALTHY = [lb('lb-1', '1.11', 'MASTER'), lb('lb-2', '1.12', 'BACKUP'), web, member('db-1', '4.11', PRIMARY)];

test('shows the address, who has it, the certificate, hosts and members', () => {
  expect(renderStatus(report(...HEALTHY), NOW).join('\n')).toMatchInlineSnapshot(`
    "environment  shop
    URL          https://www.example.com/
    floating IP  203.0.113.100, leads to lb-1
    certificate  ends on 2031-02-03, in 33 days

    host   tier   private    public        role     state
    lb-1   lb     10.0.1.11  203.0.113.11  MASTER   running
    lb-2   lb     10.0.1.12  203.0.113.12  BACKUP   running
    web-1  web    10.0.2.11                         running
    db-1   mysql  10.0.4.11                PRIMARY  running

    member  group   sees ONLINE  queue  lag    decision
    db-1    ONLINE  1            0      0.0 s

    All is as it should be."
  `);
  expect(report(...HEALTHY).verdict).toBe('fine');
});

test('a host that does not answer is a row, a problem, and no reason to doubt the others', () => {
  const silent: HostStatus = { ...host('web-2', 'web', '2.12'), noAnswer: 'no answer within 5 s', role: null, units: {} };
  const { verdict, problems } = report(...HEALTHY, silent);
  expect({ verdict, problems }).toEqual({ verdict: 'wrong', problems: ['web-2 does not answer: no answer within 5 s'] });
  expect(renderStatus(report(...HEALTHY, silent), NOW)).toContain('web-2  web    10.0.2.12                         no answer');
  expect(report(silent).verdict).toBe('unasked');
});

test.each<[string, HostStatus[], string]>([
  ['two that are MASTER', [lb('lb-1', '1.11', 'MASTER'), lb('lb-2', '1.12', 'MASTER')], 'lb-1 and lb-2 are all MASTER'],
  ['none that is MASTER', [lb('lb-1', '1.11', 'FAULT')], 'no load balancer that answers is MASTER'],
  ['an address elsewhere', [lb('lb-2', '1.12', 'MASTER')], 'the floating IP 203.0.113.100 leads to lb-1, and MASTER is lb-2'],
  [
    'a PRIMARY that may not be written to',
    [member('db-1', '4.11', { ...PRIMARY, primary: { ok: false } })],
    'no database member that answers is PRIMARY',
  ],
  [
    'a member that recovers',
    [member('db-1', '4.11', PRIMARY), member('db-2', '4.12', { state: 'RECOVERING', role: null })],
    'db-2 is RECOVERING in the group',
  ],
  ['a unit that failed', [readAnswer(host('web-1', 'web', '2.11'), 'platform: status\nfailed\n')], 'nginx on web-1 is failed'],
])('tells %s', (_, hosts, problem) => {
  expect(report(...hosts).problems).toContain(problem);
});

test('a certificate that has ended cannot be overlooked', () => {
  const late = Date.parse('2031-02-04T00:00:00Z');
  expect(renderStatus(report(...HEALTHY), late)).toContain('certificate  ENDED on 2031-02-03');
  expect(judge({ environment: 'shop', url: '', floatingIp: '', hosts: HEALTHY }, late).problems).toEqual([
    'the certificate has ended on 2031-02-03',
  ]);
});

test('tells why a member is what it is, and what a person should do', () => {
  const stuck = member('db-1', '4.11', {
    ...PRIMARY,
    lastDecision: { kind: 'needs-operator', reason: 'no member holds all', instruction: 'compare them', more: 1 },
    warnings: ['0.5 GB of 20.0 GB are free\u001b[31m'],
  });
  const lines = renderStatus(report(stuck), NOW);
  expect(lines).toContain('db-1    ONLINE  1            0      0.0 s  needs-operator: no member holds all');
  expect(lines).toContain('db-1: you can: compare them');
  expect(lines).toContain('db-1: warning: 0.5 GB of 20.0 GB are free [31m');
});

test.each(['', 'Please login as the user "ec2-user"', 'platform: status'])('an answer that is none is no status: %j', (answer) => {
  expect(readAnswer(host('lb-1', 'lb', '1.11'), answer).noAnswer).toBe('it answers something else than what was asked');
});

test('an agent that is silent leaves a host that answers, of an unknown role', () => {
  expect(readAnswer(host('lb-1', 'lb', '1.11'), 'platform: status\nactive\nactive\nfailed\n\n\n')).toMatchObject({
    noAnswer: null,
    role: 'unknown',
  });
});

test('asks for nothing but constants and addresses', () => {
  expect(askLine(host('db-1', 'mysql', '4.11'))).toMatch(/ status http:\/\/10\.0\.4\.11:9200 mysql mysql-member$/);
  expect(askLine(host('web-1', 'web', '2.11'))).toMatch(/ status '' nginx$/);
});
