import { expect, test } from 'vitest';
import { renderStatus, type StatusReport } from '../../../lab/cli/status';

const report: StatusReport = {
  url: 'https://www.example.test/',
  floatingIp: '203.0.113.100',
  floatingIpHolder: 'lb-1',
  entrance: { by: 'floating IP', address: '203.0.113.100' },
  certificateEndsAt: '2031-02-03T04:05:06.000Z',
  machines: [
    {
      name: 'lb-1',
      tier: 'lb',
      privateAddress: '10.0.1.11',
      publicAddress: '203.0.113.10',
      status: 'running',
      running: true,
      role: 'MASTER',
    },
    { name: 'db-1', tier: 'mysql', privateAddress: '10.0.4.11', publicAddress: null, status: 'running', running: true, role: 'PRIMARY' },
  ],
};

test('status shows the address, its holder, the machines and what to try next', () => {
  expect(renderStatus(report, ['curl         curl https://...'], Date.parse('2031-01-01T00:00:00Z')).join('\n')).toMatchInlineSnapshot(`
    "URL          https://www.example.test/
    floating IP  203.0.113.100, leads to lb-1
    certificate  ends on 2031-02-03, in 33 days
    curl         curl https://...

    machine  tier   private    public        role     state
    lb-1     lb     10.0.1.11  203.0.113.10  MASTER   running
    db-1     mysql  10.0.4.11                PRIMARY  running

    Try next:
      power off lb-1: npx lab power-off lb-1, then npx lab status
      power off the database primary: npx lab power-off db-1
      log in: npx lab ssh web-1
      break a link: npx lab cut lb-1 --link private; heal all: npx lab heal"
  `);
});

test('status warns of a certificate that has ended', () => {
  expect(renderStatus(report, [], Date.parse('2031-02-04T00:00:00Z'))).toContain('certificate  ENDED on 2031-02-03');
});

test("status shows the reason for a member's state, and what a person should do", () => {
  const database = {
    members: [{ state: 'ONLINE' }, { state: 'UNREACHABLE' }],
    applierQueue: 3,
    lagSeconds: 0.25,
    lastDecision: { kind: 'needs-operator', reason: 'no member holds all transactions', instruction: 'compare them' },
    warnings: ['0.5 GB of 20.0 GB are free on the data volume'],
  };
  const lines = renderStatus(
    { ...report, machines: report.machines.map((machine) => (machine.tier === 'mysql' ? { ...machine, database } : machine)) },
    [],
  );
  const from = lines.findIndex((line) => line.startsWith('member'));
  expect(lines.slice(from, from + 5).join('\n')).toMatchInlineSnapshot(`
    "member  sees ONLINE  queue  lag    decision
    db-1    1            3      0.3 s  needs-operator: no member holds all transactions
    db-1: you can: compare them
    db-1: warning: 0.5 GB of 20.0 GB are free on the data volume
    "
  `);
});

test('status suggests to power on a machine that is off', () => {
  const off = report.machines.map((machine) => ({ ...machine, status: 'off', running: false }));
  expect(renderStatus({ ...report, machines: off }, []).at(-2)).toBe('  npx lab power-on lb-1');
});

test('status of an empty lab says how to deploy', () => {
  expect(renderStatus({ ...report, machines: [] }, [])).toEqual(['The lab is up and empty. Deploy to it with: npx lab deploy']);
});

test('status shows the way through Cloudflare for a proxied name', () => {
  const through = renderStatus({ ...report, entrance: { by: 'Cloudflare', address: '104.16.0.10' } }, []);
  expect(through[2]).toBe('Cloudflare   104.16.0.10: visitors come this way, not to the floating IP');
});
