import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allFiles, roleScripts } from '../../lib/servers/role-scripts';

const ROLES = readdirSync('provisioning')
  .filter((name) => name.endsWith('.sh') && !['common.sh', 'host.sh'].includes(name))
  .map((name) => name.replace('.sh', ''));

test('each role has its own script, the shared ones and what they name', () => {
  expect(roleScripts('web').paths).toEqual([
    'common.sh',
    'host.sh',
    'shared/apt-security-updates.conf',
    'shared/host-firewall-closed.nft',
    'shared/journald.conf',
    'shared/keep-resolvers',
    'shared/platform-updates',
    'shared/releases.sh',
    'shared/sshd-bastion.conf',
    'shared/sshd-no-root.conf',
    'shared/sshd.conf',
    'units/default-route.service',
    'units/default-route.sh',
    'units/default-route.timer',
    'units/host-firewall.service',
    'units/nginx.service.d/nginx-hardening.conf',
    'units/private-address.service',
    'units/private-address.sh',
    'units/security-updates-answer.socket',
    'units/security-updates-answer@.service',
    'units/security-updates.service',
    'web.sh',
  ]);
});

test('every file of provisioning/ goes to some role', () => {
  const used = new Set(ROLES.flatMap((role) => roleScripts(role).paths));
  expect(allFiles().filter((path) => !used.has(path))).toEqual([]);
});

test('no role gets the script of another', () => {
  for (const role of ROLES) {
    const others = ROLES.filter((other) => other !== role).map((other) => `${other}.sh`);
    expect(roleScripts(role).paths.filter((path) => others.includes(path))).toEqual([]);
  }
});
