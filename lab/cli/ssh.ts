import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sshArgv } from '../client/ssh';
import type { Lab } from '../lab';
import { tryRun } from '../machines/command';
import { machineArgv } from '../machines/exec';

/** Logs in by real SSH, to private machines through the floating IP. If that does not answer within 3 s, enters the machine directly. */
export async function sshTo(lab: Lab, host: string, command: readonly string[]): Promise<number> {
  const machine = await lab.machine(host);
  const initPid = await lab.initPid(host);
  const argv = sshArgv(lab, machine, { user: await loginUser(lab), timeoutSeconds: 3 });
  const [probe = '', ...probeArgs] = lab.inClient([...argv, 'true']);
  if (await tryRun(['timeout', '5', probe, ...probeArgs]))
    return interactive(lab.inClient([...argv.slice(0, -1), ...(command.length ? [] : ['-t']), argv.at(-1) ?? '', ...command]));
  process.stderr.write(`lab: ${host} does not answer by SSH, entering it directly\n`);
  return interactive(machineArgv(initPid, command.length ? ['bash', '-c', command.join(' ')] : ['TERM=xterm', 'bash', '-l']));
}

/** Journal of a machine, running or not. */
export async function showLogs(lab: Lab, host: string, options: readonly string[]): Promise<number> {
  const { initPid, root } = await lab.report(host);
  if (initPid === null) return interactive(['journalctl', '--no-pager', '-D', join(root, 'var/log/journal'), ...options]);
  return interactive(machineArgv(initPid, ['journalctl', '--no-pager', ...options]));
}

/** The account that Terraform logs in with. */
async function loginUser(lab: Lab): Promise<string> {
  const stack = await readFile(join(lab.paths.state, 'cdktf.out/stacks/lab/cdk.tf.json'), 'utf8').catch(() => '{}');
  const { resource } = JSON.parse(stack) as { resource?: { terraform_data?: Record<string, { connection?: { user: string } }> } };
  return Object.values(resource?.terraform_data ?? {}).find(({ connection }) => connection)?.connection?.user ?? 'root';
}

function interactive(argv: readonly string[]): Promise<number> {
  const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
