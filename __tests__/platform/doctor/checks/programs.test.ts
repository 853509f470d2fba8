import { expect, test } from 'vitest';
import { atLeast, checkPrograms } from '../../../../platform/doctor/checks/programs';
import { BEFORE, ENVIRONMENT, levels, lines } from '../healthy';

const check = (given: Partial<typeof BEFORE.programs>, state = ENVIRONMENT.state) =>
  checkPrograms({ programs: { ...BEFORE.programs, ...given }, environment: { ...ENVIRONMENT, state } });

test('accepts versions that are recent enough, compared as numbers', () => {
  expect(levels(check({}))).toEqual(['fine', 'fine', 'fine']);
  expect([
    atLeast('1.9.8', '1.10.0'),
    atLeast('1.10.0', '1.10.0'),
    atLeast('v20.9.0', '20.19.0'),
    atLeast('1.12.0-beta1', '1.10.0'),
    atLeast('24.0.0', '20.19.0'),
  ]).toEqual([false, true, false, true, true]);
});

test('names an old or missing program, and where to get it', () => {
  expect(lines(check({ node: '18.20.4' }))[0]).toMatch(/^wrong: Node.js 18.20.4 is older than 20.19.0 -> install Node.js 22/);
  expect(lines(check({ terraform: '1.9.8' }))[1]).toMatch(/^wrong: Terraform 1.9.8 is older than 1.10.0, .* -> install it: https/);
  expect(lines(check({ terraform: null }))[1]).toMatch(/^wrong: Terraform is not on the PATH -> install it/);
  expect(lines(check({ cdktfCli: null }))[2]).toBe('wrong: the CLI of cdktf is not installed -> run: npm ci');
  expect(lines(check({ cdktfCli: '0.20.9' }))[2]).toMatch(/^wrong: cdktf is 0.21.0, its CLI 0.20.9/);
});

test('warns only of a missing Terraform where runs are in Terraform Cloud', () => {
  expect(levels(check({ terraform: null }, { cloud: {} }))).toEqual(['fine', 'warning', 'fine']);
});
