import { expect, test } from 'vitest';
import { checkMySql } from '../../lib/settings/mysql';

const problems = (settings: object) => checkMySql(settings, { locations: ['fsn1'], applicationConnections: 80 }, 'mysql.');
const codes = (settings: object) => problems(settings).map(({ prop, code }) => `${prop}: ${code}`);

test('takes both series with long-term support, on x86', () => {
  expect(codes({})).toEqual([]);
  expect(codes({ series: '8.4', serverType: 'ccx13' })).toEqual([]);
  expect(codes({ series: '9.7', serverType: 'cpx22' })).toEqual([]);
});

test.each(['8.0', '9.6', '97', ''])('refuses the series %j, of which there are no packages with long-term support', (series) => {
  expect(codes({ series })).toEqual(['mysql.series: mysql-series']);
});

test('refuses Arm for MySQL before anything is made, because its repository has no packages for it', () => {
  expect(problems({ serverType: 'cax21' })).toEqual([
    {
      code: 'mysql-architecture',
      prop: 'mysql.serverType',
      got: 'cax21',
      want: 'an x86 type, e.g. cx23 or ccx13',
      fix: "MySQL's apt repository has no packages for Arm; the other tiers may be Arm",
    },
  ]);
});

test('shows what is wrong with single values and with all of them together at once', () => {
  expect(codes({ slowSeconds: -1, leavingCount: 2, serverType: 'cax21' })).toEqual([
    'mysql.slowSeconds: number',
    'mysql.leavingCount: leaving-count',
    'mysql.serverType: mysql-architecture',
  ]);
});
