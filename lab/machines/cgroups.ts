import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = '/sys/fs/cgroup';

/** The v2 hierarchy, where all processes of a machine can be killed at once. */
const v2 = () => (existsSync(join(ROOT, 'unified', 'cgroup.procs')) ? join(ROOT, 'unified') : ROOT);

const V1_MEMORY = join(ROOT, 'memory');

/** Hosts with v1 controllers have more hierarchies: systemd's own, and that of memory. A machine needs a cgroup of its own in each. */
const hierarchies = () => [v2(), join(ROOT, 'systemd'), V1_MEMORY].filter((path) => existsSync(join(path, 'cgroup.procs')));

const parents = (lab: string) => hierarchies().map((path) => join(path, `scale-up-${lab}`));

/** Files into which a process writes its id to be in the cgroup of a machine. */
export async function createMachineCgroup(lab: string, machine: string): Promise<string[]> {
  for (const parent of parents(lab)) {
    await mkdir(parent, { recursive: true });
    await delegate(parent);
    await mkdir(join(parent, machine), { recursive: true });
  }
  return parents(lab).map((parent) => join(parent, machine, 'cgroup.procs'));
}

/** Limits the memory of a machine, page cache included, as a server type does. Does nothing if the host does not allow it. */
export async function limitMachineMemory(lab: string, machine: string, gigabytes: number): Promise<void> {
  const files = [
    join(v2(), `scale-up-${lab}`, machine, 'memory.max'),
    join(V1_MEMORY, `scale-up-${lab}`, machine, 'memory.limit_in_bytes'),
  ];
  for (const file of files.filter((each) => existsSync(each))) await writeFile(file, String(gigabytes * 1024 ** 3));
}

/** On a host with only v2, machines get all controllers, so that memory limits of units work. */
async function delegate(parent: string): Promise<void> {
  const controllers = await readFile(join(parent, 'cgroup.controllers'), 'utf8').catch(() => '');
  for (const name of controllers.split(/\s+/).filter(Boolean)) {
    await writeFile(join(parent, 'cgroup.subtree_control'), `+${name}`).catch(() => undefined);
  }
}

/**
 * Processor time that each systemd unit of a machine has used since it started, in microseconds, by the unit's name without `.service`.
 * The kernel counts it in every v2 cgroup, also where the processor's controller is elsewhere (cgroup-v2.rst, "cpu.stat").
 */
export async function processorTimeOfUnits(lab: string, machine: string): Promise<ReadonlyMap<string, number>> {
  const slice = join(v2(), `scale-up-${lab}`, machine, 'payload', 'system.slice');
  const units = (await readdir(slice)).filter((name) => name.endsWith('.service'));
  const times = await Promise.all(units.map((unit) => readFile(join(slice, unit, 'cpu.stat'), 'utf8').catch(() => '')));
  return new Map(units.map((unit, n) => [unit.replace(/\.service$/, ''), Number(/^usage_usec (\d+)$/m.exec(times[n]!)?.[1] ?? 0)]));
}

/** SIGKILL to every process of a machine at once, including its init and nspawn. */
export async function killMachineCgroup(lab: string, machine: string): Promise<void> {
  await writeFile(join(v2(), `scale-up-${lab}`, machine, 'cgroup.kill'), '1').catch(() => undefined);
}

export const killLabCgroups = async (lab: string): Promise<void> => {
  await writeFile(join(v2(), `scale-up-${lab}`, 'cgroup.kill'), '1').catch(() => undefined);
};

/** Waits up to 5 s for dying processes. */
export async function removeCgroups(lab: string, machine = ''): Promise<void> {
  for (const parent of parents(lab)) {
    const path = join(parent, machine);
    for (let attempt = 0; attempt < 100 && existsSync(path); attempt++) {
      if (await removeTree(path)) break;
      await sleep(50);
    }
  }
}

async function removeTree(path: string): Promise<boolean> {
  try {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.isDirectory()) await removeTree(join(path, entry.name));
    }
    await rmdir(path);
    return true;
  } catch {
    return false;
  }
}
