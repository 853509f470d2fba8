import { expect, test } from 'vitest';
import { suggestions } from '../../../lab/cli/status';

const machines = [
  { name: 'lb-1', running: true },
  { name: 'db-1', running: true },
];

test('suggests to break what has the address', () => {
  expect(suggestions(machines, 'lb-1')[1]).toBe('  power off lb-1: npx lab power-off lb-1, then npx lab status');
});

test('with a machine off, the next thing to try is to power it on', () => {
  expect(suggestions([machines[0]!, { name: 'db-1', running: false }], 'lb-1')).toEqual([
    'Try next:',
    '  npx lab power-on db-1',
    '  npx lab status',
  ]);
});
