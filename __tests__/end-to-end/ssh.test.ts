import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onMachine } from '../../lab/faults';
import { openLab, type Lab } from '../../lab/lab';
import { placesWithCanaries } from './canaries';
import { sshTo } from './credentials';
import { deployOperated, USER } from './operated-stack';
import { expectEmptyPlan } from './expect-empty-plan';
import { expectVisitorsServed } from './expect-visitors-served';

/** Runs inside the client namespace of a lab to which the stack has been deployed: see run.sh. One server is made with its user, all others get it. */
const NEW_SERVER = 'web-2';

let lab: Lab;
let folder: string;
let knownHostsFile: string;
let hosts: readonly string[];

beforeAll(async () => {
  lab = await openLab();
  await lab.deleteServer(NEW_SERVER);
  await deployOperated(lab);
  lab = await openLab();
  hosts = (await lab.machines()).map(({ name }) => name);
  folder = await mkdtemp(join(tmpdir(), 'ssh-'));
  knownHostsFile = join(folder, 'known_hosts');
  await writeFile(knownHostsFile, lab.outputs.known_hosts ?? '');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('with pinned host keys and an own sshUser', () => {
  test('visitors are served', () => expectVisitorsServed(lab));

  test('another plan is empty', () => expectEmptyPlan(lab));

  test('sshUser logs in to every host by the keys in the output known_hosts, and becomes root by sudo', async () => {
    expect(hosts).toContain(NEW_SERVER);
    for (const host of hosts)
      expect(await sshTo(lab, host, 'sudo -n id -u', { user: USER, knownHostsFile }), host).toMatchObject({ exitCode: 0, stdout: '0' });
  });

  test('root cannot log in', async () => {
    for (const host of hosts) {
      const { exitCode, stderr } = await sshTo(lab, host, 'true', { user: 'root', jumpUser: USER });
      expect(exitCode, host).toBe(255);
      expect(stderr, host).toContain('Permission denied (publickey)');
    }
  });

  test('no host still has the host key of its user data', async () => {
    for (const host of hosts) {
      const told = await lab.exec(host, [
        'sh',
        '-c',
        'curl -sf http://169.254.169.254/hetzner/v1/userdata | grep -o "ecdsa-sha2-nistp384 [^ \\"]*" | cut -d" " -f2',
      ]);
      expect(told.stdout.trim(), host).not.toBe('');
      const shown = await lab.exec(host, ['ssh-keyscan', '127.0.0.1']);
      expect(
        shown.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
        host,
      ).toHaveLength(1);
      expect(shown.stdout, host).not.toContain(told.stdout.trim());
    }
  });

  test('no secret is readable where it should not be', async () => {
    expect(await placesWithCanaries(lab)).toEqual([]);
  });
});

describe('when web-1 has an unknown host key', () => {
  const HOST_KEY = '/etc/ssh/platform_host_key';
  const on = (script: string) => onMachine(lab, 'web-1', `set -eu; ${script}`);

  beforeAll(() =>
    on(
      `mv ${HOST_KEY} ${HOST_KEY}.known; ssh-keygen -q -t ed25519 -N '' -f ${HOST_KEY}; systemctl reload ssh; sleep 1; touch /run/before-the-deploy`,
    ),
  );
  afterAll(() => on(`mv ${HOST_KEY}.known ${HOST_KEY}; systemctl reload ssh`));

  test('a deploy fails, says why, and uploads nothing to it', async () => {
    await expect(deployOperated(lab, 'web: { maxBodyMegabytes: 21 }, sshTimeoutSeconds: 15,')).rejects.toThrow('knownhosts: key mismatch');
    expect(await on('find /etc /var/lib/platform -xdev -type f -newer /run/before-the-deploy')).toBe('');
  });

  test('visitors are served', () => expectVisitorsServed(lab));
});

test('a deploy works again once the known host key is back', async () => {
  await deployOperated(lab);
  await expectEmptyPlan(lab);
});
