import { spawn } from 'node:child_process';

/** A program of the host answered with an error; the message holds the command and what it printed. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    readonly argv: readonly string[],
    readonly exitCode: number | null,
    readonly output: string,
  ) {
    super(`${argv.join(' ')}: ${exitCode === null ? 'killed' : `exit code ${exitCode}`}: ${output.trim() || 'no output'}`);
  }
}

/** Runs a program to its end and returns what it printed. Throws CommandError. */
export function run(argv: readonly string[], options: { readonly input?: string } = {}): Promise<string> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(stdout) : reject(new CommandError(argv, code, stderr || stdout))));
    child.stdin.on('error', () => undefined); // a program may end without reading its input
    child.stdin.end(options.input ?? '');
  });
}

/** For clean-up: what is to be removed may be gone already. */
export async function tryRun(argv: readonly string[]): Promise<boolean> {
  return run(argv).then(
    () => true,
    () => false,
  );
}

/** Several commands of `ip` in one process. */
export const ipBatch = (lines: readonly string[], namespace?: string): Promise<string> =>
  lines.length === 0
    ? Promise.resolve('')
    : run(['ip', ...(namespace ? ['-n', namespace] : []), '-batch', '-'], { input: lines.join('\n') + '\n' });
