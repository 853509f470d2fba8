import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NO_MEMORY, type Memory } from './report';
import { isMemory } from './report-shape';

/**
 * A missing file is a member without a past. A file that cannot be read is an error and stops the agent: to go on
 * without a memory could break a promise.
 */
export async function readMemory(path: string): Promise<Memory> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NO_MEMORY;
    throw error;
  }
  // An older version knew less
  const memory: unknown = { ...NO_MEMORY, ...(JSON.parse(text) as Partial<Memory>) };
  if (!isMemory(memory)) throw new Error(`${path} has not the form of a memory`);
  return memory;
}

/** Returns when the memory would survive a power cut. */
export async function writeMemory(path: string, memory: Memory): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.new`;
  const file = await open(fresh, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(memory, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
