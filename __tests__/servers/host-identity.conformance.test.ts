import { execa } from 'execa';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOST_KEY_KINDS, knownBy } from '../../lib/servers/host-identity';
import { hasProgram } from '../helpers/programs';

const BASTION = '127.0.0.2';
const HOST = '127.0.0.3';
/** Not everybody's machine should be made to serve SSH: skipped without, in CI too. */
const servesSsh = spawnSync('sh', ['-c', 'PATH=$PATH:/usr/sbin command -v sshd']).status === 0;
const missing = !servesSsh || process.getuid?.() !== 0 || !['terraform', 'ssh-keygen', 'unshare'].every((name) => hasProgram(name));

/** Real sshds on port 22 of a network of their own, and the real Terraform, which logs in to one through the other. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'host-identity-'));
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'login')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

type Kind = keyof typeof HOST_KEY_KINDS;
function makeKey(name: string, kind: Kind): string {
  const made: { algorithm: string; ecdsaCurve?: string } = HOST_KEY_KINDS[kind];
  const bits = made.ecdsaCurve ? ['-b', made.ecdsaCurve.slice(1)] : [];
  execFileSync('ssh-keygen', ['-q', '-t', made.algorithm.toLowerCase(), ...bits, '-N', '', '-C', '', '-f', join(folder, name)]);
  return readFileSync(join(folder, `${name}.pub`), 'utf8').trim();
}

/** @param keys of the key files that the two show */
async function logIn(
  hostKey: string,
  keys: { readonly host: string; readonly bastion: string },
): Promise<{ readonly succeeds: boolean; readonly output: string }> {
  const stack = mkdtempSync(join(folder, 'stack-'));
  const key = readFileSync(join(folder, 'login'), 'utf8');
  const connection = {
    type: 'ssh',
    user: 'root',
    host: HOST,
    private_key: key,
    host_key: hostKey,
    bastion_host: BASTION,
    bastion_user: 'root',
    bastion_private_key: key,
    timeout: '30s',
  };
  writeFileSync(
    join(stack, 'main.tf.json'),
    JSON.stringify({ resource: { terraform_data: { login: { connection, provisioner: [{ 'remote-exec': { inline: ['true'] } }] } } } }),
  );
  const sshd = (address: string, file: string) =>
    `"$(command -v sshd)" -f /dev/null -h ${join(folder, file)} -o ListenAddress=${address} -o AuthorizedKeysFile=${join(folder, 'login.pub')} -o PidFile=none -o StrictModes=no -o UsePAM=no`;
  const script = [
    'set -e',
    'mount -t tmpfs run /run',
    'mkdir -p /run/sshd',
    'ip link set lo up',
    sshd(BASTION, keys.bastion),
    sshd(HOST, keys.host),
    `cd ${stack}`,
    'terraform init -input=false >/dev/null',
    'terraform apply -auto-approve -input=false -no-color',
  ];
  // They end with their namespace
  const { exitCode, all } = await execa(
    'unshare',
    ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'bash', '-c', script.join('\n')],
    {
      all: true,
      reject: false,
      env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, HOME: folder, CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: '/dev/null' },
    },
  );
  return { succeeds: exitCode === 0, output: all };
}

test.skipIf(missing)('the real Terraform logs in by these keys through a load balancer, and refuses any other one', async () => {
  const publicKeys = { bastion: makeKey('bastion', 'bastion'), host: makeKey('host', 'host'), first: makeKey('first', 'first') };
  makeKey('other-bastion', 'bastion');
  makeKey('other-host', 'host');
  makeKey('other-first', 'first');
  const bastion = { address: BASTION, key: publicKeys.bastion };
  const firstLogin = knownBy(publicKeys.first, [{ address: HOST, key: publicKeys.host }, bastion]);
  const laterLogin = knownBy(publicKeys.host, [bastion]);

  const accepted = await Promise.all([
    logIn(firstLogin, { host: 'first', bastion: 'bastion' }),
    // A first step that is repeated
    logIn(firstLogin, { host: 'host', bastion: 'bastion' }),
    logIn(laterLogin, { host: 'host', bastion: 'bastion' }),
  ]);
  expect(accepted.filter(({ succeeds }) => !succeeds)).toEqual([]);

  const refused = await Promise.all([
    logIn(firstLogin, { host: 'other-first', bastion: 'bastion' }),
    logIn(laterLogin, { host: 'first', bastion: 'bastion' }),
    logIn(laterLogin, { host: 'other-host', bastion: 'bastion' }),
    logIn(laterLogin, { host: 'host', bastion: 'other-bastion' }),
  ]);
  expect(refused.filter(({ succeeds, output }) => succeeds || !/knownhosts: key (mismatch|is unknown)/.test(output))).toEqual([]);
});
