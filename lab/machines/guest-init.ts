import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ServerSpec } from '../api/hardware';
import { readUserData, type InitialFile } from './cloud-config';

/** Writes onto a fresh disk what cloud-init would on the first boot. Throws on user data that the lab does not know. */
export async function initialiseDisk(root: string, spec: ServerSpec): Promise<void> {
  for (const file of initialFiles(spec)) {
    const path = inside(root, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.content);
    await chmod(path, file.mode);
  }
}

/** The first boot of a server whose metadata cannot be read: no key, no user data. */
export const withoutMetadata = (spec: ServerSpec): ServerSpec => ({ ...spec, name: 'debian', sshPublicKeys: [], userData: null });

/** The files of a first boot, in the order in which they are written. */
export function initialFiles(spec: ServerSpec): InitialFile[] {
  const userData = readUserData(spec.userData);
  const hostname = userData.hostname ?? spec.name;
  const keys = (userData.disableRoot ? [] : [...spec.sshPublicKeys, ...userData.authorizedKeys]).map((key) => key.trim());
  return [
    { path: '/etc/hostname', content: `${hostname}\n`, mode: 0o644 },
    { path: '/etc/hosts', content: `127.0.1.1 ${hostname}\n127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n`, mode: 0o644 },
    { path: '/root/.ssh/authorized_keys', content: keys.map((key) => `${key}\n`).join(''), mode: 0o600 },
    ...Object.entries(userData.hostKeys).map(([name, content]) => ({
      path: `/etc/ssh/${name}`,
      content: content.endsWith('\n') ? content : `${content}\n`,
      mode: name.endsWith('.pub') ? 0o644 : 0o600,
    })),
    ...userData.files,
    ...(userData.script === null ? [] : [{ path: '/var/lib/lab/first-boot', content: userData.script, mode: 0o700 }]),
  ];
}

/** A path such as /../etc stays on the machine's disk. */
const inside = (root: string, path: string): string => join(root, resolve('/', path));
