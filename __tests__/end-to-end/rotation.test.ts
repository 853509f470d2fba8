import { execa } from 'execa';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noAcknowledgedWriteLost, noDoubleExecution, noFailedRequest, noHiddenReplay } from '../../lab/checkers';
import { clientEnvironment } from '../../lab/client/in-client';
import { openLab } from '../../lab/lab';
import { openDeployedLab, type Scenario } from '../../lab/scenarios';
import { placesWithCanaries } from './canaries';
import { acceptedCredentials, MEMBER, MEMBER_TLS, servedKeys, sshTo, type Credentials } from './credentials';
import { editedMain } from './edited-main';
import { judge } from './judge';
import { expectEmptyPlan } from './expect-empty-plan';

interface Round {
  readonly secrets: readonly string[];
  readonly authorities: readonly string[];
}

/** Three deploys rotate everything there is: most goes with the first, the SSH key takes two, the internal CA all three. */
const ROUNDS: readonly Round[] = [
  {
    secrets: [
      'hcloud-token',
      'failover-token',
      'cloudflare-token',
      'mysql-admin-password',
      'mysql-replication-password',
      'mysql-app-password',
      'tls-keys',
      'ssh-key',
    ],
    authorities: ['1', '2'],
  },
  { secrets: ['ssh-key'], authorities: ['2', '1'] },
  { secrets: [], authorities: ['2'] },
];
const FORMER_TLS = '/root/former-tls';

let folder: string;
let former: Credentials;
let formerKeys: Record<string, string>;

const labCommand = (...args: string[]) => execa('node', ['lab/cli/lab.mjs', ...args]);

beforeAll(async () => {
  const lab = await openLab();
  folder = await mkdtemp(join(tmpdir(), 'rotation-'));
  const sshPrivateKeyFile = join(folder, 'ssh-key');
  await copyFile(lab.secrets.sshPrivateKeyFile, sshPrivateKeyFile);
  await lab.exec(MEMBER, ['cp', '-a', MEMBER_TLS, FORMER_TLS]);
  former = { ...lab.secrets, sshPrivateKeyFile, memberTls: FORMER_TLS };
  formerKeys = await servedKeys(lab);
});
afterAll(async () => {
  await (await openLab()).exec(MEMBER, ['rm', '-rf', FORMER_TLS]);
  await rm(folder, { recursive: true, force: true });
});

/** What the operator's documentation says, round by round. */
async function deployRound({ secrets, authorities }: Round): Promise<void> {
  if (secrets.length > 0) await labCommand('rotate', ...secrets);
  const lab = await openLab();
  await lab.deploy({ app: await editedMain(lab, `internalAuthorities: ${JSON.stringify(authorities)},`) });
  for (const token of secrets.filter((name) => name.endsWith('-token'))) await labCommand('revoke', token);
}

const titleOf = ({ secrets, authorities }: Round) => [...secrets, `internalAuthorities ${authorities.join(', ')}`].join(', ');

const rotation = (each: Round): Scenario => ({
  name: 'secrets-rotated',
  title: 'Secrets are rotated',
  explanation: 'A deploy under load. No request fails.',
  streams: ['probes', 'keepAlive', 'getMix', 'writers', 'patientWriter', 'readers'],
  rate: 0.2,
  async story(stage) {
    await stage.inject({
      title: `a deploy with another ${titleOf(each)}`,
      inject: () => deployRound(each),
      recover: async () => undefined,
    });
    await stage.healthy();
  },
  checkers: [noFailedRequest('probe', 'keep-alive', 'get', 'write', 'read'), noAcknowledgedWriteLost, noDoubleExecution, noHiddenReplay],
});

let names: string[];

test('before a rotation, every secret is accepted where it is used', async () => {
  names = await acceptedCredentials(former);
  expect(names).toHaveLength(7 + (await (await openLab()).machines()).length);
});

test('a host refuses a list of SSH keys without the key of the present login, and keeps its own list', async () => {
  const lab = await openLab();
  const upload = '/root/lockout';
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(folder, 'other-key')]);
  const other = (await readFile(join(folder, 'other-key.pub'), 'utf8')).trim();
  const tried = await sshTo(
    lab,
    'web-1',
    `rm -rf ${upload} && cp -r /var/lib/platform/configure ${upload} && echo ${other} >${upload}/authorized_keys && bash ${upload}/host.sh configure`,
  );
  expect(tried.stderr).toContain('this deploy would lock itself out');
  expect(await sshTo(lab, 'web-1', `rm -r ${upload} && ! grep -F '${other}' .ssh/authorized_keys`)).toMatchObject({ exitCode: 0 });
});

test.each(ROUNDS.map((each, index) => ({ run: index + 1, rotated: titleOf(each), each })))(
  'no request fails in deploy $run of the rotation, which changes $rotated',
  async ({ each }) => {
    const { operations } = await judge(await openDeployedLab(), rotation(each));
    const slowest = operations.reduce((longest, { start, end }) => Math.max(longest, end - start), 0);
    console.log(`the slowest request took ${(slowest / 1000).toFixed(1)} s`);
  },
);

describe('after the rotation of all secrets', () => {
  test('no former secret is accepted', async () => {
    expect(await acceptedCredentials(former)).toEqual([]);
  });

  test('every present secret is accepted', async () => {
    expect(await acceptedCredentials((await openLab()).secrets)).toEqual(names);
  });

  test('both load balancers show a certificate with another key', async () => {
    const shown = await servedKeys(await openLab());
    expect(Object.keys(shown)).toHaveLength(2);
    for (const [name, key] of Object.entries(shown)) expect(key, name).not.toBe(formerKeys[name]);
  });

  test('another plan is empty', async () => {
    const lab = await openLab();
    await expectEmptyPlan(lab, clientEnvironment(lab, process.env['TF_CLI_CONFIG_FILE'] ?? null));
  });

  test('no present secret is readable where it should not be', async () => {
    const lab = await openLab();
    expect(await placesWithCanaries(lab, clientEnvironment(lab, process.env['TF_CLI_CONFIG_FILE'] ?? null))).toEqual([]);
  });
});
