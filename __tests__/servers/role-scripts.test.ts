import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allFiles, ROLES, roleScripts } from '../../lib/servers/role-scripts';

/** Files that the scripts of an upload name: by their own name, or, deeper down (`units/haproxy.service.d/limits.conf`), by their folder's. */
function named(scripts: readonly string[]): string[] {
  const text = scripts.map((path) => readFileSync(join('provisioning', path), 'utf8').replace(/^\s*#.*$/gm, '')).join('\n');
  return allFiles().filter((path) => {
    const folder = dirname(path);
    return folder !== '.' && (text.includes(basename(path)) || (folder.includes('/') && text.includes(basename(folder))));
  });
}

test('every role has its own script, and every script its role', () => {
  const scripts = readdirSync('provisioning').filter((name) => name.endsWith('.sh') && !['common.sh', 'host.sh'].includes(name));
  expect(scripts.map((name) => name.replace('.sh', '')).sort()).toEqual([...ROLES].sort());
});

describe.each(ROLES)('a host of role %s', (role) => {
  const { paths } = roleScripts(role);

  test('gets each file that its scripts name', () => {
    expect(named(paths.filter((path) => path.endsWith('.sh'))).filter((path) => !paths.includes(path))).toEqual([]);
  });

  test('gets no file that its scripts do not name', () => {
    const used = named(paths.filter((path) => path.endsWith('.sh')));
    expect(paths.filter((path) => dirname(path) !== '.' && !used.includes(path))).toEqual([]);
  });

  test('gets the script of no other role', () => {
    expect(paths.filter((path) => dirname(path) === '.').sort()).toEqual(['common.sh', 'host.sh', `${role}.sh`].sort());
  });
});

test('every file of provisioning/ goes to some role', () => {
  const used = new Set(ROLES.flatMap((role) => roleScripts(role).paths));
  expect(allFiles().filter((path) => !used.has(path))).toEqual([]);
});
