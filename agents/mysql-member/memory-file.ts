import { readIfThere, replaceFile } from '../common/files';
import { NO_MEMORY, type Memory } from './report';
import { isMemory } from './report-shape';

/**
 * A missing file is a member without a past. A file that cannot be read is an error and stops the agent: to go on
 * without a memory could break a promise.
 */
export function readMemory(path: string): Memory {
  const text = readIfThere(path);
  if (text === null) return NO_MEMORY;
  // An older version knew less
  const memory: unknown = { ...NO_MEMORY, ...(JSON.parse(text) as Partial<Memory>) };
  if (!isMemory(memory)) throw new Error(`${path} has not the form of a memory`);
  return memory;
}

/** Returns when the memory would survive a power cut. */
export async function writeMemory(path: string, memory: Memory): Promise<void> {
  await replaceFile(path, `${JSON.stringify(memory, null, 2)}\n`);
}
