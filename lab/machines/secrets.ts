import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command';
import type { LabPaths } from './paths';

const token = () => randomBytes(32).toString('hex');
/** 40 characters, as Cloudflare's. */
const cloudflareToken = () => randomBytes(30).toString('base64url');
const password = () => randomBytes(24).toString('base64url');

const MAKERS = {
  'hcloud-token': token,
  'failover-token': token,
  'cloudflare-token': cloudflareToken,
  'mysql-admin-password': password,
  'mysql-replication-password': password,
  'mysql-app-password': password,
} as const;

export type RotatableSecret = keyof typeof MAKERS;
export const ROTATABLE_SECRETS = Object.keys(MAKERS) as readonly RotatableSecret[];

/** Made once for each lab, in files that only their owner can read. */
export interface Secrets {
  /** Terraform's token, 64 characters as Hetzner's. */
  readonly hcloudToken: string;
  /** The load balancers' token. */
  readonly failoverToken: string;
  readonly cloudflareToken: string;
  readonly sshPrivateKeyFile: string;
  readonly sshPrivateKey: string;
  readonly sshPublicKey: string;
  /** The next key during its rotation; otherwise empty. */
  readonly sshAdditionalPublicKeys: string;
  /** Another after each rotation: see lib/servers/variables.ts. */
  readonly revisions: { readonly secrets: string; readonly keys: string };
  readonly mysqlPasswords: { readonly admin: string; readonly replication: string; readonly app: string };
}

export async function ensureSecrets(paths: LabPaths): Promise<Secrets> {
  const sshPrivateKeyFile = join(paths.secrets, 'ssh-key');
  if (!existsSync(sshPrivateKeyFile)) await makeSshKey(paths, sshPrivateKeyFile);
  const kept = (name: keyof typeof MAKERS) => ensureFile(paths, name, MAKERS[name]);
  return {
    hcloudToken: await kept('hcloud-token'),
    failoverToken: await kept('failover-token'),
    cloudflareToken: await kept('cloudflare-token'),
    sshPrivateKeyFile,
    sshPrivateKey: await readFile(sshPrivateKeyFile, 'utf8'),
    sshPublicKey: await readPublicKey(sshPrivateKeyFile),
    sshAdditionalPublicKeys: existsSync(nextSshKey(paths)) ? await readPublicKey(nextSshKey(paths)) : '',
    revisions: {
      secrets: await ensureFile(paths, 'secrets-revision', () => '1'),
      keys: await ensureFile(paths, 'keys-revision', () => '1'),
    },
    mysqlPasswords: {
      admin: await kept('mysql-admin-password'),
      replication: await kept('mysql-replication-password'),
      app: await kept('mysql-app-password'),
    },
  };
}

/** The tokens of the emulated project, by their names in its console. */
export function projectTokens({
  hcloudToken,
  failoverToken,
}: Secrets): Record<'terraform' | 'failover', { value: string; access: 'read-write' }> {
  return { terraform: { value: hcloudToken, access: 'read-write' }, failover: { value: failoverToken, access: 'read-write' } };
}

/** Gives a secret another value; resolves to the former and the new one. */
export async function renewSecret(paths: LabPaths, name: RotatableSecret): Promise<{ readonly former: string; readonly value: string }> {
  const former = await readFile(join(paths.secrets, name), 'utf8');
  const value = MAKERS[name]();
  await writeFile(join(paths.secrets, name), value, { mode: 0o600 });
  return { former, value };
}

/** The first call makes another key, to be allowed beside the present one. The second, after a deploy, replaces the present one. */
export async function renewSshKey(paths: LabPaths): Promise<'made' | 'in its place'> {
  const next = nextSshKey(paths);
  if (!existsSync(next)) {
    await makeSshKey(paths, next);
    return 'made';
  }
  for (const suffix of ['.pub', '']) await rename(`${next}${suffix}`, join(paths.secrets, `ssh-key${suffix}`));
  return 'in its place';
}

const nextSshKey = (paths: LabPaths): string => join(paths.secrets, 'ssh-key-next');

async function makeSshKey(paths: LabPaths, file: string): Promise<void> {
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', `${paths.name}@scale-up-lab`, '-f', file]);
}

async function readPublicKey(privateKeyFile: string): Promise<string> {
  return (await readFile(`${privateKeyFile}.pub`, 'utf8')).trim();
}

export async function nextRevision(paths: LabPaths, of: 'secrets' | 'keys'): Promise<void> {
  const file = join(paths.secrets, `${of}-revision`);
  await writeFile(file, String(Number(await readFile(file, 'utf8')) + 1), { mode: 0o600 });
}

async function ensureFile(paths: LabPaths, name: string, make: () => string): Promise<string> {
  const file = join(paths.secrets, name);
  if (!existsSync(file)) await writeFile(file, make(), { mode: 0o600 });
  return readFile(file, 'utf8');
}
