import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command';
import type { LabPaths } from './paths';

/** Made once a lab, kept in files that only their owner can read. */
export interface Secrets {
  /** Terraform's token, 64 characters as Hetzner's. */
  readonly hcloudToken: string;
  /** The load balancers' token. */
  readonly failoverToken: string;
  readonly sshPrivateKeyFile: string;
  readonly sshPrivateKey: string;
  readonly sshPublicKey: string;
  readonly mysqlPasswords: { readonly admin: string; readonly replication: string; readonly app: string };
}

export async function ensureSecrets(paths: LabPaths): Promise<Secrets> {
  const sshPrivateKeyFile = join(paths.secrets, 'ssh-key');
  if (!existsSync(sshPrivateKeyFile)) {
    await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', `${paths.name}@scale-up-lab`, '-f', sshPrivateKeyFile]);
  }
  const token = (name: string) => ensureFile(paths, name, () => randomBytes(32).toString('hex'));
  const password = (name: string) => ensureFile(paths, `mysql-${name}-password`, () => randomBytes(24).toString('base64url'));
  return {
    hcloudToken: await token('hcloud-token'),
    failoverToken: await token('failover-token'),
    sshPrivateKeyFile,
    sshPrivateKey: await readFile(sshPrivateKeyFile, 'utf8'),
    sshPublicKey: (await readFile(`${sshPrivateKeyFile}.pub`, 'utf8')).trim(),
    mysqlPasswords: {
      admin: await password('admin'),
      replication: await password('replication'),
      app: await password('app'),
    },
  };
}

/** What the emulated project is told: the tokens by the names that they have in its console. */
export function projectTokens({ hcloudToken, failoverToken }: Secrets): Record<'terraform' | 'failover', { value: string; access: 'read-write' }> {
  return { terraform: { value: hcloudToken, access: 'read-write' }, failover: { value: failoverToken, access: 'read-write' } };
}

async function ensureFile(paths: LabPaths, name: string, make: () => string): Promise<string> {
  const file = join(paths.secrets, name);
  if (!existsSync(file)) await writeFile(file, make(), { mode: 0o600 });
  return readFile(file, 'utf8');
}
