import { expect, test } from 'vitest';
import { switchover } from '../../../lab/cli/switchover';
import { FakeLab } from '../faults/fake-lab';

test('the load balancer that has the address hands it over by its own command', async () => {
  const lab = new FakeLab();
  lab.shell = (_, line) => {
    if (line === 'platform-switchover') lab.holder = 'lb-2';
    return undefined;
  };
  expect(await switchover(lab, 'lb')).toMatch(/^lb-2 has the floating IP after \d+\.\d s, lb-1 had it before$/);
  expect(lab.calls).toEqual(['lb-1: platform-switchover']);
});

test('the PRIMARY steps down by its own command', async () => {
  const lab = new FakeLab();
  let primary = 'db-2';
  lab.shell = (machine, line) => {
    if (line === 'platform-mysql step-down') primary = 'db-3';
    return { stdout: JSON.stringify({ state: 'ONLINE', role: machine === primary ? 'PRIMARY' : 'SECONDARY' }) };
  };
  expect(await switchover(lab, 'mysql')).toMatch(/^db-3 has the role of PRIMARY after \d+\.\d s, db-2 had it before$/);
  expect(lab.calls).toContain('db-2: platform-mysql step-down');
});

test('a switchover without a holder of the address is an error', async () => {
  const lab = new FakeLab();
  lab.holder = null;
  await expect(switchover(lab, 'lb')).rejects.toThrow('no server holds the floating IP');
  expect(lab.calls).toEqual([]);
});

test("a switchover that the host refuses fails with the host's reason", async () => {
  const lab = new FakeLab();
  lab.shell = () => ({
    exitCode: 22,
    stdout: 'HAProxy on lb-2 does not answer; nothing was changed\n',
    stderr: 'curl: (22) The requested URL returned error: 409',
  });
  await expect(switchover(lab, 'lb')).rejects.toThrow(/^lb-1 keeps the floating IP: HAProxy on lb-2 does not answer; nothing was changed$/);
});
