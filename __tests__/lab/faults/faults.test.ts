import { expect, test } from 'vitest';
import {
  apiDown,
  brokenConfiguration,
  cutLink,
  flappingLink,
  freeze,
  kill,
  killForGood,
  powerOff,
  together,
  until,
  type Fault,
} from '../../../lab/faults';
import { FakeLab } from './fake-lab';

const pids = (answers: string[]) => (_: string, line: string) =>
  line.includes('MainPID') ? { stdout: answers.length > 1 ? answers.shift()! : answers[0]! } : undefined;

test('a power-off returns when the machine is seen to be off', async () => {
  const lab = new FakeLab();
  await powerOff(lab, 'lb-1').inject();
  expect([...lab.off]).toEqual(['lb-1']);
});

test('recovery may run twice, and without the fault', async () => {
  const lab = new FakeLab();
  const fault = powerOff(lab, 'lb-1');
  await fault.recover();
  await fault.inject();
  await fault.recover();
  await fault.recover();
  expect(lab.calls).toEqual(['power off lb-1', 'power on lb-1']);
});

test('a machine that does not exist is an error, not a fault without effect', async () => {
  await expect(powerOff(new FakeLab(), 'lb-9').recover()).rejects.toThrow('there is no machine lb-9');
});

test('a process that does not run cannot be killed or frozen', async () => {
  const lab = new FakeLab();
  lab.shell = pids(['0']);
  await expect(kill(lab, 'lb-1', 'haproxy.service').inject()).rejects.toThrow(/does not run/);
  await expect(freeze(lab, 'lb-1', 'haproxy.service').inject()).rejects.toThrow(/does not run/);
});

test('a process that must stay down is kept from starting before it is killed, and released by the recovery', async () => {
  const lab = new FakeLab();
  lab.shell = pids(['0']);
  const fault = killForGood(lab, 'web-1', 'nginx.service');
  await fault.inject();
  await fault.recover();
  const lines = lab.calls.filter((call) => call.includes('mask') || call.includes('systemctl start'));
  expect(lines.map((line) => /unmask|mask|start/.exec(line)![0])).toEqual(['mask', 'unmask', 'start']);
});

test('a cut link is confirmed by an address that could be reached before and no longer can', async () => {
  const lab = new FakeLab();
  let reachable = true;
  lab.shell = (_, line) => (line.includes('/dev/tcp/') ? { exitCode: reachable ? 0 : 124 } : undefined);
  const fault = cutLink(lab, { machine: 'lb-1', link: 'private', peer: 'lb-2' });
  const injected = fault.inject();
  setTimeout(() => (reachable = false), 300);
  await injected;
  expect(reachable).toBe(false);
  expect(lab.calls.at(-1)).toContain('/dev/tcp/10.0.0.2/9101');
});

test('a cut that no witness could see is an error, and nothing is cut', async () => {
  const lab = new FakeLab();
  lab.shell = () => ({ exitCode: null });
  await expect(cutLink(lab, { machine: 'db-1', link: 'private' }).inject()).rejects.toThrow('db-1 reached no other machine before the cut');
  expect(lab.calls.filter((call) => call.startsWith('cut'))).toEqual([]);
});

test('a neighbour of the same tier is the witness of a cut, where one answers', async () => {
  const lab = new FakeLab();
  let cut = false;
  lab.shell = (_, line) => (line.includes('/dev/tcp/') ? { exitCode: cut ? 124 : 0 } : undefined);
  lab.cut = async () => void (cut = true);
  await cutLink(lab, { machine: 'db-1', link: 'private' }).inject();
  expect(lab.calls.at(-1)).toContain('/dev/tcp/10.0.0.6/3306');
});

test('a flapping link is whole after recovery', async () => {
  const lab = new FakeLab();
  const cut = { machine: 'db-2', link: 'private' } as const;
  const fault = flappingLink(lab, cut, { downMilliseconds: 20, upMilliseconds: 20 });
  let down = false;
  lab.cut = async (order) => void ((down = true), lab.calls.push(`cut ${JSON.stringify(order)}`));
  lab.shell = () => ({ exitCode: down ? 124 : 0 });
  await fault.inject();
  await new Promise((resolve) => setTimeout(resolve, 150));
  await fault.recover();
  const [last] = lab.calls.filter((call) => /^(cut|heal)/.test(call)).reverse();
  expect(last).toMatch(/^heal/);
});

test('the API breaks for the load balancers only, so that machines can still be powered on', async () => {
  const lab = new FakeLab();
  await apiDown(lab, 503).inject();
  expect(lab.calls.map((call) => /203\.0\.113\.\d+/.exec(call)?.[0])).toEqual(['203.0.113.10', '203.0.113.11']);
});

test('a broken configuration that is accepted is an error', async () => {
  const push = { machine: 'lb-1', role: 'load-balancer', file: '/etc/haproxy/haproxy.cfg', unit: 'haproxy.service' };
  const lab = new FakeLab();
  await expect(brokenConfiguration(lab, push).inject()).rejects.toThrow(/took a broken/);
  lab.shell = (_, line) =>
    line.endsWith('configure') ? { exitCode: 1, stderr: "unknown keyword 'this' in 'global' section" } : pids(['12'])('', line);
  await brokenConfiguration(lab, push).inject();
});

test('several faults are all recovered, even if the recovery of one fails', async () => {
  const recovered: string[] = [];
  const fault = (name: string, fails = false): Fault => ({
    title: name,
    inject: async () => undefined,
    recover: async () => {
      if (fails) throw new Error(`${name} is stuck`);
      recovered.push(name);
    },
  });
  await expect(together('all', [fault('a'), fault('b', true), fault('c')]).recover()).rejects.toThrow('b is stuck');
  expect(recovered).toEqual(['a', 'c']);
});

test('a wait that times out names its condition and the last error', async () => {
  const broken = async () => Promise.reject(new Error('no route'));
  await expect(until('db-1 is on', broken, 200, 50)).rejects.toThrow('not within 0.2 s: db-1 is on: no route');
});
