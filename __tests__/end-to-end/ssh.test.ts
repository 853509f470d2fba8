import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { destroy } from '../../lab/cli/deploy';
import { openLab, type Lab } from '../../lab/lab';
import { attempt } from '../../lab/traffic';
import { placesWithCanaries } from './canaries';
import { sshTo } from './credentials';
import { deployPinned, USER } from './pinned-stack';
import { planAgain } from './plan-again';

/** Host keys are pinned before servers exist, so this deploys the stack by itself, to a lab that is emptied before: see run.sh. */
let lab: Lab;
let folder: string;
let knownHostsFile: string;
let hosts: readonly string[];

beforeAll(async () => {
  lab = await openLab();
  if ((await lab.machines()).length > 0) await destroy(lab);
  await deployPinned(lab);
  lab = await openLab();
  hosts = (await lab.machines()).map(({ name }) => name);
  folder = await mkdtemp(join(tmpdir(), 'ssh-'));
  knownHostsFile = join(folder, 'known_hosts');
  await writeFile(knownHostsFile, lab.outputs.known_hosts ?? '');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('with host keys that are known from the start, and a user of its own', () => {
  test('visitors are served', async () => {
    for (const path of ['/', '/api/notes']) expect((await attempt({ address: lab.floatingIp, host: lab.domain }, { method: 'GET', path })).answer?.status, path).toBe(200);
  });

  test('another plan is empty', async () => {
    const { exitCode, stdout } = await planAgain(lab);
    expect(exitCode, stdout.slice(-4000)).toBe(0);
  });

  test('everybody logs in everywhere by the keys that the output known_hosts names, and is root by sudo', async () => {
    for (const host of hosts) expect(await sshTo(lab, host, 'sudo -n id -u', { user: USER, knownHostsFile }), host).toMatchObject({ exitCode: 0, stdout: '0' });
  });

  test('root cannot log in', async () => {
    for (const host of hosts) {
      const { exitCode, stderr } = await sshTo(lab, host, 'true', { user: 'root', jumpUser: USER });
      expect(exitCode, host).toBe(255);
      expect(stderr, host).toContain('Permission denied (publickey)');
    }
  });

  test('no host has the key any more that its user data tells', async () => {
    for (const host of hosts) {
      const told = await lab.exec(host, ['sh', '-c', 'curl -sf http://169.254.169.254/hetzner/v1/userdata | grep -o "ecdsa-sha2-nistp384 [^ \\"]*" | cut -d" " -f2']);
      expect(told.stdout.trim(), host).not.toBe('');
      const shown = await lab.exec(host, ['ssh-keyscan', '127.0.0.1']);
      expect(shown.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#')), host).toHaveLength(1);
      expect(shown.stdout, host).not.toContain(told.stdout.trim());
    }
  });

  test('no secret stands where it should not', async () => {
    expect(await placesWithCanaries(lab)).toEqual([]);
  });
});
