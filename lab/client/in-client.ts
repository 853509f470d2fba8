import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Lab } from '../lab';
import { REPOSITORY } from '../machines/paths';
import { mysqlKeyFingerprint } from '../machines/mysql-repository/repository';
import { rootOf } from '../names/authority';
import { chooseProviders, type ProviderChoice } from './provider-choice';

export interface ClientOptions {
  /** Receives the output instead of this terminal. */
  readonly onOutput?: (text: string) => void;
  /** @default the folder of this project */
  readonly cwd?: string;
  /** @default chosen anew */
  readonly providers?: ProviderChoice;
}

/**
 * Runs a command on the client's side of the Internet; resolves to its exit code. Nested commands do not ask a registry, which they
 * could not reach.
 */
export async function execInClient(lab: Lab, argv: readonly string[], options: ClientOptions = {}): Promise<number> {
  const providers = options.providers ?? (await chooseProviders());
  const inside = lab.inClient([
    process.execPath,
    '--import',
    'tsx',
    join(REPOSITORY, 'lab/client/inside-client.ts'),
    providers.kind,
    ...argv,
  ]);
  const { onOutput, cwd = REPOSITORY } = options;
  const child = spawn(inside[0] ?? '', inside.slice(1), {
    stdio: onOutput ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    env: { ...process.env, ...clientEnvironment(lab, providers.cliConfigFile), LAB_PROVIDERS: providers.kind, LAB_CWD: cwd },
    cwd: REPOSITORY,
  });
  if (onOutput) for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', onOutput);
  // Ctrl-C reaches the whole group: the command decides, and Terraform needs its time
  const wait = () => undefined;
  process.on('SIGINT', wait);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 1));
    });
  } finally {
    process.off('SIGINT', wait);
  }
}

/** The environment variables of Terraform, the hcloud command and the stack. */
export function clientEnvironment(lab: Lab, cliConfigFile: string | null): Record<string, string> {
  const authority = rootOf(lab.paths.authority);
  const { hcloudToken, failoverToken, cloudflareToken, sshPublicKey, sshPrivateKey, sshAdditionalPublicKeys, mysqlPasswords, revisions } =
    lab.secrets;
  return {
    LAB_NAME: lab.name,
    // For commands of packages, such as cdktf
    PATH: `${join(REPOSITORY, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
    // Names of the lab's Internet have certificates of its CA: for Go and OpenSSL, curl, and Node, which has a list of its own
    SSL_CERT_FILE: authority,
    CURL_CA_BUNDLE: authority,
    NODE_EXTRA_CA_CERTS: authority,
    HCLOUD_TOKEN: hcloudToken,
    TF_VAR_hcloud_token: hcloudToken,
    TF_VAR_failover_token: failoverToken,
    CLOUDFLARE_API_TOKEN: cloudflareToken,
    TF_VAR_cloudflare_token: cloudflareToken,
    TF_VAR_ssh_public_key: sshPublicKey,
    TF_VAR_ssh_private_key: sshPrivateKey,
    TF_VAR_ssh_additional_public_keys: sshAdditionalPublicKeys,
    // The lab cannot sign with Oracle's key
    TF_VAR_mysql_repository_key_fingerprint: mysqlKeyFingerprint(lab.paths),
    TF_VAR_mysql_admin_password: mysqlPasswords.admin,
    TF_VAR_mysql_replication_password: mysqlPasswords.replication,
    TF_VAR_mysql_app_password: mysqlPasswords.app,
    TF_VAR_secrets_revision: revisions.secrets,
    TF_VAR_keys_revision: revisions.keys,
    TF_CLI_CONFIG_FILE: cliConfigFile ?? existingCliConfig(lab),
    TF_IN_AUTOMATION: '1',
    // Where this lab is deployed from, and its environment: for `npx platform`, and for cdktf by hand
    PLATFORM_ENVIRONMENT: 'lab',
    CDKTF_OUTPUT: join(lab.paths.state, 'cdktf.out'),
    CHECKPOINT_DISABLE: '1',
    DISABLE_VERSION_CHECK: '1',
  };
}

/** cdktf logs an error for a named file that does not exist. */
function existingCliConfig(lab: Lab): string {
  const candidates = [process.env['TF_CLI_CONFIG_FILE'], join(homedir(), '.terraformrc')];
  const found = candidates.find((file) => file !== undefined && existsSync(file));
  if (found) return found;
  const empty = join(lab.paths.state, 'empty.tfrc');
  writeFileSync(empty, '');
  return empty;
}
