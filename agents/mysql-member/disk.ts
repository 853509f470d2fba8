import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Report } from './report';

/** The data volume, as far as mysqld may use it. */
export interface Disk {
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

const GIGABYTE = 1024 ** 3;
const LOW_SHARE = 0.1;

/** Null: cannot be told. */
export async function diskOf(file: string): Promise<Disk | null> {
  const found = await statfs(dirname(file)).catch(() => null);
  return found && { freeBytes: found.bavail * found.bsize, sizeBytes: found.blocks * found.bsize };
}

/** Less than 10 % or less than 1 GB is free: time to act, while there is time. */
export function isLow({ freeBytes, sizeBytes }: Disk): boolean {
  return freeBytes < LOW_SHARE * sizeBytes || freeBytes < GIGABYTE;
}

/**
 * A commit that finds no space hangs until there is some, and a handover waits for it: the PRIMARY's role must go before. Bytes: what
 * somebody writes at 1 GB/s until it has gone, seen 0.5 s later. At 256 MB one of six came too late.
 */
const FULL_BELOW = 512 * 1024 ** 2;

export function isFull({ freeBytes }: Disk): boolean {
  return freeBytes < FULL_BELOW;
}

/** Not a commit more finds space. */
export function isUsedUp({ freeBytes }: Disk): boolean {
  return freeBytes < 1024 ** 2;
}

/** What somebody should look at although nothing has happened yet; one sentence each. */
export function warningsOf({ disk }: Pick<Report, 'disk'>, stepFailure: string | null): readonly string[] {
  const space = disk && isLow(disk) ? [`${spaceOf(disk)}; raise volumeGb or lower binaryLogDays, and deploy`] : [];
  return [...space, ...(stepFailure ? [`the agent cannot act: ${stepFailure}`] : [])];
}

export function spaceOf({ freeBytes, sizeBytes }: Disk): string {
  return `${size(freeBytes)} of ${size(sizeBytes)} are free on the data volume`;
}

function size(bytes: number): string {
  return `${(bytes / GIGABYTE).toFixed(1)} GB`;
}
