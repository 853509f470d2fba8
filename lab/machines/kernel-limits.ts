import { readFile, writeFile } from 'node:fs/promises';

const INOTIFY_INSTANCES = '/proc/sys/fs/inotify/max_user_instances';
const NEEDED = 1024;

/**
 * The machines share the limit of the host's root. Debian's 128 are used up by nine systemds and what they run, and
 * keepalived then ends with "Too many open files". Raised, never lowered; stays so until the host boots, since
 * another lab may need it.
 */
export async function raiseKernelLimits(): Promise<void> {
  if (Number(await readFile(INOTIFY_INSTANCES, 'utf8')) < NEEDED) await writeFile(INOTIFY_INSTANCES, String(NEEDED));
}
