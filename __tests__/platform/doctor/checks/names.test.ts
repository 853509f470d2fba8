import { expect, test } from 'vitest';
import { checkNames } from '../../../../platform/doctor/checks/names';
import { fingerprintOf, parsePublicKey } from '../../../../platform/ssh-keys';
import { BEFORE, deployed, levels, lines, PUBLIC_KEY, withItems } from '../healthy';

test('finds all names free in an empty project, and all taken by the environment itself after a deploy', () => {
  expect(lines(checkNames(BEFORE))).toEqual(['fine: 6 names that a deploy would take are free']);
  expect(lines(checkNames(deployed()))).toEqual(['fine: all that has a name is there']);
});

test.each([
  ['hcloud_server', 'lb-1', 'server'],
  ['hcloud_network', 'platform', 'network'],
  ['hcloud_volume', 'db-1-data', 'volume'],
  ['hcloud_floating_ip', 'platform', 'floating IP'],
  ['hcloud_ssh_key', 'platform', 'SSH key'],
] as const)('refuses a %s %s that is not in the state', (type, name, kind) => {
  expect(lines(checkNames({ ...BEFORE, project: withItems({ [type]: [{ id: 7, name }] }) }))).toEqual([
    expect.stringMatching(
      new RegExp(
        `^wrong: the project has a ${kind} ${name} \\(7\\) that is not of this environment -> If a deploy that broke off has left it, delete it in the console; else set namePrefix`,
      ),
    ),
  ]);
});

test('does not mind the same name in another kind', () => {
  expect(levels(checkNames({ ...BEFORE, project: withItems({ hcloud_firewall: [{ id: 7, name: 'lb-1' }] }) }))).toEqual(['fine']);
});

test('refuses a key that the project has under another name, and reports one under the same name once', () => {
  const fingerprint = fingerprintOf(parsePublicKey(PUBLIC_KEY)!);
  expect(lines(checkNames({ ...BEFORE, project: withItems({ hcloud_ssh_key: [{ id: 7, name: 'mine', fingerprint }] }) }))).toEqual([
    expect.stringMatching(/^wrong: the project has the key of TF_VAR_ssh_public_key already, as mine \(7\).* or give a pair of its own$/),
  ]);
  expect(levels(checkNames({ ...BEFORE, project: withItems({ hcloud_ssh_key: [{ id: 7, name: 'platform', fingerprint }] }) }))).toEqual([
    'wrong',
  ]);
});

test('finds a server in the way that a broken deploy has left beside the state', () => {
  const facts = deployed();
  const left = new Map('answer' in facts.state ? facts.state.answer : []);
  left.delete('hcloud_server.db-1');
  expect(lines(checkNames({ ...facts, state: { answer: left } }))).toEqual([
    expect.stringMatching(/^wrong: the project has a server db-1 \(101\)/),
  ]);
});

test('says that it cannot tell without the state', () => {
  expect(lines(checkNames({ ...BEFORE, state: { failure: 'terraform init: Required token could not be found' } }))).toEqual([
    expect.stringMatching(/^warning: the state could not be read: terraform init/),
  ]);
});
