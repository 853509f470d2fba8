import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PACKAGE_ROOT } from './bundle';
import { UploadTree } from './upload-tree';

const PROVISIONING = join(PACKAGE_ROOT, 'provisioning');

/** Scripts that every host needs, whatever its role. */
const SHARED_SCRIPTS = ['common.sh', 'host.sh'];

/**
 * What a host of this role needs of provisioning/: its script, the shared ones, and every other file that one of
 * these names. A change to another role's files must not provision this one again.
 */
export function roleScripts(role: string): UploadTree {
  const chosen = [...SHARED_SCRIPTS, `${role}.sh`];
  let candidates = allFiles().filter((path) => dirname(path) !== '.');
  for (const path of chosen) {
    if (!path.endsWith('.sh')) continue;
    const text = readFileSync(join(PROVISIONING, path), 'utf8').replace(/^\s*#.*$/gm, '');
    chosen.push(...candidates.filter((candidate) => names(text, candidate)));
    candidates = candidates.filter((candidate) => !chosen.includes(candidate));
  }
  return chosen.reduce((tree, path) => tree.file(path, join(PROVISIONING, path)), new UploadTree());
}

/** A file deeper down (`units/haproxy.service.d/limits.conf`) may also go by the name of its folder. */
function names(text: string, path: string): boolean {
  const folder = dirname(path);
  return text.includes(basename(path)) || (folder.includes('/') && text.includes(basename(folder)));
}

/** Every file of provisioning/, by its path in there. */
export function allFiles(folder = ''): string[] {
  return readdirSync(join(PROVISIONING, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? allFiles(path) : [path];
    })
    .sort();
}
