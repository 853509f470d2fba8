/**
 * The inner half of `lab exec`, in the client's namespace: keeps the stand-in providers running for as long as the command.
 * Arguments: stand-in or real, then the command.
 */
import { spawn } from 'node:child_process';
import { startProviders } from '../providers';

const [kind, program = '', ...args] = process.argv.slice(2);
const providers = kind === 'stand-in' ? await startProviders() : null;

const child = spawn(program, args, {
  stdio: 'inherit',
  cwd: process.env['LAB_CWD'] ?? process.cwd(),
  env: { ...process.env, ...(providers && { TF_REATTACH_PROVIDERS: providers.reattach }) },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => signal === 'SIGTERM' && child.kill(signal));
child.on('error', (error) => {
  console.error(`lab: ${error.message}`);
  void end(127);
});
child.on('close', (code, signal) => void end(code ?? (signal ? 1 : 0)));

async function end(code: number): Promise<void> {
  await providers?.stop();
  process.exit(code);
}
