import { describe, expect, test } from 'vitest';
import { checkLabels, parseSelector } from '../../../lab/api/labels';

const labels = { role: 'lb', env: 'lab', 'example.com/team': 'web', empty: '' };

test.each([
  'role=lb',
  'role==lb',
  'role',
  'env!=production',
  'missing!=x',
  '!missing',
  'role in (lb,web)',
  'role notin (db)',
  'missing notin (a,b)',
  'role=lb,env in (lab)',
  ' role = lb , env ',
  'example.com/team=web',
  'empty=',
  'role in (web, lb),!missing',
])('the selector %s matches the labels', (selector) => {
  expect(parseSelector(selector)(labels)).toBe(true);
});

test.each([
  'role=web',
  'role!=lb',
  '!role',
  'missing',
  'missing=x',
  'role notin (lb)',
  'missing in (a)',
  'role=lb,env=production',
  'role in (lb),missing',
])('the selector %s does not match the labels', (selector) => {
  expect(parseSelector(selector)(labels)).toBe(false);
});

test.each(['', 'role=(', 'role in lb', 'role in (lb', 'a b', '=x', 'role=lb,,env', 'role>1', '-role', 'role=lb=web', 'role in ((lb))'])(
  'refuses %j',
  (selector) => {
    expect(() => parseSelector(selector)).toThrow(/is not a valid label selector/);
  },
);

describe('labels', () => {
  test.each<Record<string, string>>([{ 'example.com/a': 'b' }, { a: '' }, { 'a.b-c_d': 'E.f' }])('accepts %j', (good) => {
    expect(() => checkLabels(good)).not.toThrow();
  });

  test.each([
    [{ '': 'x' }, 'not a valid label key'],
    [{ '-a': 'x' }, 'not a valid label key'],
    [{ ['a'.repeat(64)]: 'x' }, 'not a valid label key'],
    [{ 'UPPER.com/a': 'x' }, 'not a valid label key'],
    [{ a: 'white space' }, 'not a valid label value'],
    [{ a: 'x'.repeat(64) }, 'not a valid label value'],
    [{ 'hetzner.cloud/a': 'x' }, 'is reserved'],
  ])('refuses %j', (bad, message) => {
    expect(() => checkLabels(bad as Record<string, string>)).toThrow(message);
  });
});
