import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import {
  renderSecurityUpdatesEnvironment,
  renderSecurityUpdatesSocket,
  renderSecurityUpdatesTimer,
} from '../../lib/config/security-updates';
import { AddressPlan, endpoint } from '../../lib/net/address-plan';
import { hasProgram } from '../helpers/programs';

const [one, two, three] = new AddressPlan().hosts('mysql', 3) as [
  ReturnType<AddressPlan['host']>,
  ReturnType<AddressPlan['host']>,
  ReturnType<AddressPlan['host']>,
];
const config = {
  host: one,
  peers: [two, three].map((peer) => endpoint(peer, 9102)),
  port: 9102,
  healthUrls: ['http://10.0.4.11:9200/reader'],
};

test('a host knows whom it has to ask, and how it is well itself', () => {
  expect(renderSecurityUpdatesEnvironment(config)).toBe(
    ['TIER=mysql', 'PEERS="db-2:10.0.4.12:9102 db-3:10.0.4.13:9102"', 'HEALTH_URLS="http://10.0.4.11:9200/reader"', ''].join('\n'),
  );
});

test('a load balancer knows where to see which addresses it has', () => {
  expect(renderSecurityUpdatesEnvironment({ ...config, addressesUrl: 'http://10.0.1.11:9101/metrics' })).toMatch(
    /^ADDRESSES_URL=http:\/\/10\.0\.1\.11:9101\/metrics$/m,
  );
});

test('it is asked on its private address only', () => {
  expect(renderSecurityUpdatesSocket(config)).toContain('ListenStream=10.0.4.11:9102\n');
});

test('a turn that was missed does not come late, when all hosts are late', () => {
  expect(renderSecurityUpdatesTimer('01:26')).toMatch(/^Persistent=no$/m);
});

test.skipIf(!hasProgram('systemd-analyze'))('systemd understands when it is', () => {
  const [, calendar = ''] = /^OnCalendar=(.*)$/m.exec(renderSecurityUpdatesTimer('01:26')) ?? [];
  const { stdout } = spawnSync('systemd-analyze', ['calendar', calendar], { encoding: 'utf8' });
  expect(stdout).toContain('Normalized form: *-*-* 01:26:00 UTC');
});
