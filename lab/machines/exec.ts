import { spawn } from 'node:child_process';

export interface Executed {
  /** null: it did not end within its time and was killed. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  /** @default 60 */
  readonly timeoutSeconds?: number;
}

/** Words that run a program in all namespaces of a machine, as root. */
export const machineArgv = (initPid: number, argv: readonly string[]): string[] => [
  'nsenter',
  `--target=${initPid}`,
  ...['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup'],
  '--',
  'env',
  '-i',
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/root',
  'LC_ALL=C.UTF-8',
  ...argv,
];

/**
 * systemd stops all processes for a moment before it ends them. nsenter stops with its child, but runs outside, where systemd
 * does not continue it. The machine ends only when nsenter has noticed the end of its child.
 */
const CONTINUE_EVERY_MILLISECONDS = 1000;

/** `timeout` runs inside, so that nothing is left behind in the machine. */
export function execInMachine(initPid: number, argv: readonly string[], { timeoutSeconds = 60 }: ExecOptions): Promise<Executed> {
  const [program = '', ...rest] = machineArgv(initPid, ['timeout', '--kill-after=1', String(timeoutSeconds), ...argv]);
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    const continuing = setInterval(() => child.kill('SIGCONT'), CONTINUE_EVERY_MILLISECONDS);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    // also after an error
    child.on('close', (code) => {
      clearInterval(continuing);
      resolve({ exitCode: code === 124 || code === 137 ? null : code, stdout, stderr });
    });
  });
}
