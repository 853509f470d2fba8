import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Load {
  readonly protocol: 'h1' | 'h2';
  /** Whether clients keep their connections, or open one for each request. */
  readonly connections: 'kept' | 'new';
}

export interface Answered {
  readonly requests: number;
  readonly seconds: number;
}

const CLIENTS = 32;
/** h2load cannot open connections for a time, only so many: as many as two processors do in a second. */
const NEW_H2_CONNECTIONS_A_SECOND = 400;
/** After its time. On a busy machine h2load 1.52 was seen never to end: 9 of 32 connections went on asking. */
const PATIENCE_SECONDS = 60;

/** Asks for `url` for some seconds. @throws if a request fails: what fails fast is no throughput */
export async function answered({ protocol, connections }: Load, url: string, seconds: number): Promise<Answered> {
  return protocol === 'h1' ? byWrk(url, seconds, connections === 'new') : byH2load(url, seconds, connections === 'new');
}

async function byWrk(url: string, seconds: number, closes: boolean): Promise<Answered> {
  const header = closes ? ['-H', 'Connection: close'] : [];
  const { stdout } = await run('wrk', ['-t1', `-c${CLIENTS}`, `-d${seconds}s`, ...header, url]);
  const [, requests, took] = /(\d+) requests in ([\d.]+)s/.exec(stdout) ?? [];
  if (!requests || /Non-2xx|Socket errors: connect [1-9]/.test(stdout)) throw new Error(`wrk: ${stdout}`);
  return { requests: Number(requests), seconds: Number(took) };
}

async function byH2load(url: string, seconds: number, closes: boolean): Promise<Answered> {
  const count = String(NEW_H2_CONNECTIONS_A_SECOND * seconds);
  const much = closes ? ['-n', count, '-c', count, '-m1'] : ['-c', String(CLIENTS), '-m4', '-D', String(seconds)];
  const { stdout } = await run('h2load', [...much, '-t1', url], { timeout: (seconds + PATIENCE_SECONDS) * 1000 }).catch(
    (error: Error & { stdout?: string }) => {
      const last = error.stdout?.trim().split('\n').at(-1);
      throw new Error(`h2load did not end well; on a busy machine try longer rounds (EACH): ${error.message.trim()}: ${last}`);
    },
  );
  const [, took] = /finished in ([\d.]+(?:ms|s|us))/.exec(stdout) ?? [];
  const [, requests] = /status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx/.exec(stdout) ?? [];
  if (!took || !requests || requests === '0') throw new Error(`h2load: ${stdout}`);
  return { requests: Number(requests), seconds: closes ? parseFloat(took) * (took.endsWith('ms') ? 0.001 : 1) : seconds };
}

/** Processor time that processes have used, in microseconds; those that a master has started count with it. */
export function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  // Clock ticks, 100 a second
  const own = (Number(fields[11]) + Number(fields[12])) * 10_000;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + processorTime(Number(child)), own);
}
