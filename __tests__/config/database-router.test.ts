import { expect, test } from 'vitest';
import { renderDatabaseRouterConfig } from '../../lib/config/database-router';

const member = (number: number) => ({ name: `db-${number}`, address: `10.0.4.1${number}`, port: 3306 });
const text = renderDatabaseRouterConfig({
  members: [member(1), member(2), member(3)],
  memberHealthPort: 9200,
  primaryPort: 3306,
  readersPort: 3307,
  metricsAddress: '10.0.3.11',
  metricsPort: 8404,
});

function section(name: string): string {
  return text.split('\n\n').find((part) => part.startsWith(name)) ?? '';
}

test('offers the PRIMARY and the readers on loopback only', () => {
  expect(text.match(/bind .*/g)).toEqual(['bind 127.0.0.1:3306', 'bind 127.0.0.1:3307', 'bind 10.0.3.11:8404']);
});

test('asks each member for its role, and cuts the sessions of one that loses it', () => {
  expect(section('listen primary')).toContain('uri /primary');
  expect(section('backend readers')).toContain('uri /reader');
  for (const name of ['listen primary', 'backend readers']) {
    expect(section(name)).toMatch(/default-server check port 9200 .* on-marked-down shutdown-sessions/);
    expect(section(name).match(/server db-\d .*/g)).toHaveLength(3);
  }
});

test('readers fall back to the PRIMARY', () => {
  expect(section('frontend readers')).toContain('use_backend primary if { nbsrv(readers) eq 0 }');
});
