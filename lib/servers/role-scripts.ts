import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PROJECT_ROOT } from './bundle';
import { UploadTree } from './upload-tree';

const PROVISIONING = join(PROJECT_ROOT, 'provisioning');

/** Scripts that every host needs, whatever its role. */
const SHARED_SCRIPTS = ['common.sh', 'host.sh'];

/**
 * What a host of this role needs of provisioning/: its script, the shared ones, and of all other files those that
 * a script of them names. A change to another role's files must not provision this one again.
 */
export function roleScripts(role: string): UploadTree {
  const scripts = [...SHARED_SCRIPTS, `${role}.sh`].filter((name) => existsSync(join(PROVISIONING, name)));
  const text = scripts.map((name) => readFileSync(join(PROVISIONING, name), 'utf8')).join('\n');
  const tree = new UploadTree();
  for (const path of [...scripts, ...otherFiles('').filter((path) => isNamedIn(text, path))]) {
    tree.file(path, join(PROVISIONING, path));
  }
  return tree;
}

/** A file in a folder of its own (`units/haproxy.service.d/limits.conf`) may also go by the folder's name. */
function isNamedIn(text: string, path: string): boolean {
  const folder = dirname(path);
  return text.includes(basename(path)) || (folder.includes('/') && text.includes(basename(folder)));
}

function otherFiles(folder: string): string[] {
  return readdirSync(join(PROVISIONING, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(PROVISIONING, path)).isDirectory()) return otherFiles(path);
    return folder === '' && name.endsWith('.sh') ? [] : [path];
  });
}
