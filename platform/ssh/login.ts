import { execa, type ResultPromise } from 'execa';
import { existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../environment/usage-error';
import { publicHalf } from '../ssh-keys';
import { FILES, type Login } from './config';

export interface ChosenLogin {
  readonly login: Login;
  /** For ssh, beside what this process has. */
  readonly env: Readonly<Record<string, string>>;
  readonly end: () => void;
}

/**
 * The key to log in with: of the file that is named, else the one that a deploy logs in with (TF_VAR_ssh_private_key), else whatever ssh
 * finds by itself. The second is never written to a file: an agent of its own holds it, and ends with this process, however that ends.
 * @param folder for the agent's socket
 * @throws UsageError for a key that cannot be used
 */
export async function chooseLogin(identity: string | undefined, folder: string, env: NodeJS.ProcessEnv): Promise<ChosenLogin> {
  const key = env['TF_VAR_ssh_private_key'];
  if (identity !== undefined) return { login: { by: 'file', path: await readable(identity) }, env: {}, end: () => undefined };
  if (key === undefined || key.trim() === '') return { login: { by: 'default' }, env: {}, end: () => undefined };
  checkKey(key);
  const socket = join(folder, FILES.agent);
  // The shell ends the agent when nobody holds its standard input any more
  const script = 'ssh-agent -D -a "$1" >/dev/null 2>&1 & cat >/dev/null; kill $!';
  const agent = execa('sh', ['-c', script, 'sh', socket], { stdin: 'pipe', stdout: 'ignore', stderr: 'ignore', reject: false });
  const own = { SSH_AUTH_SOCK: socket };
  try {
    await appears(socket, agent);
    await execa('ssh-add', ['-q', '-'], { input: key.endsWith('\n') ? key : `${key}\n`, env: own });
  } catch (error) {
    agent.stdin.end();
    throw error;
  }
  return { login: { by: 'agent' }, env: own, end: () => agent.stdin.end() };
}

async function readable(path: string): Promise<string> {
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw new UsageError(`--identity ${path} cannot be read; name the file of your private key`, { cause });
  });
  return resolve(path);
}

function checkKey(key: string): void {
  const half = publicHalf(key);
  if (half === 'encrypted')
    throw new UsageError(
      'TF_VAR_ssh_private_key has a passphrase: give one without, as a deploy needs it, or unset it and add yours to your ssh-agent',
    );
  if (half === 'unreadable')
    throw new UsageError('TF_VAR_ssh_private_key is no private key: give the content of a file such as ~/.ssh/id_ed25519, or unset it');
}

const AGENT_MILLISECONDS = 5_000;

async function appears(socket: string, agent: ResultPromise): Promise<void> {
  let ended = false;
  void agent.then(() => (ended = true));
  for (const begin = Date.now(); !existsSync(socket); await sleep(10))
    if (ended || Date.now() - begin > AGENT_MILLISECONDS)
      throw new UsageError('ssh-agent does not start; install OpenSSH (Debian: openssh-client), or name your key with --identity FILE');
}
