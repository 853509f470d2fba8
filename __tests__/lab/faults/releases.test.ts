import { expect, test } from 'vitest';
import { brokenRelease, leakMemory, newRelease } from '../../../lab/faults';
import { FakeLab } from './fake-lab';

/** An app server with one release and one process; `configure` is what its script does to them. */
function appServer(configure: (server: { release: string; pid: string }) => { exitCode: number; stderr?: string }): FakeLab {
  const lab = new FakeLab();
  const server = { release: 'old', pid: '10' };
  lab.shell = (_, line) => {
    if (line.includes('readlink')) return { stdout: server.release };
    if (line.includes('MainPID')) return { stdout: server.pid };
    return line.includes('app.sh configure') ? configure(server) : undefined;
  };
  return lab;
}

test('a new release has come when another one is current and another process runs', async () => {
  const changed = appServer((server) => (Object.assign(server, { release: 'new', pid: '11' }), { exitCode: 0 }));
  await newRelease(changed, 'app-1', 'app.service').inject();
  await expect(
    newRelease(
      appServer(() => ({ exitCode: 0 })),
      'app-1',
      'app.service',
    ).inject(),
  ).rejects.toThrow('app-1 still has release old');
  const notRestarted = appServer((server) => ((server.release = 'new'), { exitCode: 0 }));
  await expect(newRelease(notRestarted, 'app-1', 'app.service').inject()).rejects.toThrow(/still runs the process of the one before/);
});

test('a broken release has to be refused with its own words, and the old one to be back', async () => {
  const refused = { exitCode: 1, stderr: 'Error: this release is broken' };
  await brokenRelease(
    appServer(() => refused),
    'app-1',
    'app.service',
  ).inject();
  await expect(
    brokenRelease(
      appServer(() => ({ exitCode: 0 })),
      'app-1',
      'app.service',
    ).inject(),
  ).rejects.toThrow(/took a broken release/);
  await expect(
    brokenRelease(
      appServer(() => ({ exitCode: 1, stderr: 'no' })),
      'app-1',
      'app.service',
    ).inject(),
  ).rejects.toThrow(/not with the message of the application/);
  const left = appServer((server) => ((server.release = 'broken'), refused));
  await expect(brokenRelease(left, 'app-1', 'app.service').inject()).rejects.toThrow('did not go back to release old');
});

test('a process leaks when it is seen to grow, and is restarted if it still runs afterwards', async () => {
  const lab = new FakeLab();
  let kilobytes = 100_000;
  lab.shell = (_, line) => {
    if (line.includes('MainPID')) return { stdout: '10' };
    if (line.includes('VmRSS')) return { stdout: String((kilobytes += 150_000)) };
    return undefined;
  };
  const fault = leakMemory(lab, 'app-1', 'app.service');
  await fault.inject();
  expect(kilobytes).toBeGreaterThan(400_000);
  await fault.recover();
  expect(lab.calls).toContain('app-1: systemctl restart app.service');
});
