import { expect, test } from 'vitest';
import { SCENARIOS, select } from '../../../lab/scenarios/catalogue';
import { commandOf, readOptions } from '../../../lab/scenarios/options';
import { FakeLab } from '../faults/fake-lab';

const names = (only?: string) => select(only).map(({ name }) => name);

test('every scenario has a unique name that begins with its tier, an explanation, and a check', () => {
  expect(new Set(names()).size).toBe(SCENARIOS.length);
  for (const { name, explanation, checkers } of SCENARIOS) {
    expect(name).toMatch(/^(lb|web|app|db|all)-[a-z0-9-]+$/);
    expect(explanation).toMatch(/\.$/);
    expect(checkers.length).toBeGreaterThan(0);
  }
});

test('every figure that has a target is measured', () => {
  for (const scenario of SCENARIOS)
    for (const target of scenario.targets?.(new FakeLab()) ?? []) expect(target.max).toBeGreaterThanOrEqual(0);
});

test('names and beginnings of names choose, in the order of the catalogue', () => {
  expect(names('web,lb-power-off')).toEqual(['lb-power-off', 'web-nginx-killed', 'web-nginx-frozen', 'web-power-off', 'web-all-down']);
  expect(names('db-primary')).not.toContain('db-secondary-killed');
  expect(names('')).toEqual(names());
});

test('an unknown scenario is refused with the list of all', () => {
  expect(() => select('lb-power-of')).toThrow(/no scenario is called lb-power-of; there are lb-haproxy-killed, /);
});

test('flags win over variables, and the command repeats what was run', () => {
  expect(readOptions(['--runs', '3'], { RUNS: '5', SEED: 'tulip', ONLY: 'lb' })).toMatchObject({ only: 'lb', runs: 3, seed: 'tulip' });
  expect(commandOf({ only: 'lb', runs: 3, seed: 'tulip', minutes: 3 })).toBe('make faults ONLY=lb RUNS=3 SEED=tulip');
  expect(commandOf(readOptions(['--minutes', '60'], { SEED: 'tulip', ONLY: 'all-random' }))).toBe(
    'make faults ONLY=all-random RUNS=1 SEED=tulip MINUTES=60',
  );
});

test('without a seed a new one is drawn, and empty variables of make count as not given', () => {
  const [a, b] = [readOptions([], { SEED: '', RUNS: '', ONLY: '' }), readOptions([], {})];
  expect(a.seed).not.toBe(b.seed);
  expect(a).toMatchObject({ only: undefined, runs: 1 });
});

test('invalid options are refused before any fault', () => {
  expect(() => readOptions(['--runs', '0'], {})).toThrow('RUNS is "0", want a number from 1 to 9999');
  expect(() => readOptions(['--seed', 'a b'], {})).toThrow(/SEED is "a b"/);
});
