import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { REPOSITORY, type LabPaths } from './paths';

/** The start time tells a process from a later one with the same id. */
interface ProcessRecord {
  readonly pid: number;
  readonly startTime: string;
}

export const PROCESSES = ['daemon', 'edge', 'outside'] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** Starts one of the lab's own TypeScript programs, detached from this terminal, and records its process id. */
export async function startDetached(
  paths: LabPaths,
  name: ProcessName,
  program: string,
  options: { readonly namespace?: string; readonly args?: readonly string[] } = {},
): Promise<void> {
  const enter = options.namespace ? ['nsenter', `--net=/run/netns/${options.namespace}`] : [];
  const argv = [...enter, process.execPath, '--import', 'tsx', join(REPOSITORY, program), ...(options.args ?? [])];
  const log = openSync(logFile(paths, name), 'a');
  const child = spawn(argv[0] ?? '', argv.slice(1), {
    cwd: REPOSITORY,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, LAB_NAME: paths.name, LAB_DIR: paths.disks },
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  // nsenter becomes the program: the id stays
  const pid = child.pid ?? 0;
  await writeFile(recordFile(paths, name), JSON.stringify({ pid, startTime: (await startTimeOf(pid)) ?? '' }));
}

export async function isAlive(paths: LabPaths, name: ProcessName): Promise<boolean> {
  return (await livingProcess(paths, name)) !== null;
}

/** SIGTERM, after 3 s SIGKILL; returns when it is gone. */
export async function stopRecorded(paths: LabPaths, name: ProcessName): Promise<void> {
  const pid = await livingProcess(paths, name);
  if (pid !== null) {
    process.kill(pid, 'SIGTERM');
    for (let attempt = 0; attempt < 200 && (await livingProcess(paths, name)) !== null; attempt++) {
      if (attempt === 60) process.kill(pid, 'SIGKILL');
      await sleep(50);
    }
  }
  await rm(recordFile(paths, name), { force: true });
}

async function livingProcess(paths: LabPaths, name: ProcessName): Promise<number | null> {
  try {
    const record = JSON.parse(await readFile(recordFile(paths, name), 'utf8')) as ProcessRecord;
    return (await startTimeOf(record.pid)) === record.startTime ? record.pid : null;
  } catch {
    return null;
  }
}

/** Field 22 of /proc/PID/stat; null for a process that is gone or only waits to be reaped. */
async function startTimeOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? null : (fields[19] ?? null);
}

export const logFile = (paths: LabPaths, name: ProcessName): string => join(paths.state, `${name}.log`);
const recordFile = (paths: LabPaths, name: ProcessName) => join(paths.state, `${name}.pid`);
