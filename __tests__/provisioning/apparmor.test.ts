import { readFileSync } from 'node:fs';
import { matchesGlob } from 'node:path';
import { expect, test } from 'vitest';
import { renderMyCnf } from '../../lib/config/my-cnf';

/**
 * What the profile of Ubuntu's packages lets mysqld do, rule by rule as data (usr.sbin.mysqld of MySQL's own packaging for Debian,
 * packaging/deb-in/extra/apparmor-profile in mysql/mysql-server; abstractions only as far as they matter here). No machine of the lab
 * has AppArmor: this is all that is known of ubuntu-26.04.
 */
const PROFILE = {
  capabilities: ['sys_resource', 'dac_override', 'setuid', 'setgid', 'sys_nice'],
  paths: {
    '/sys/devices/system/cpu/': 'r',
    '/sys/devices/system/node/**': 'r',
    '/proc/*/status': 'r',
    '/etc/mysql/**': 'r',
    '/run/mysqld/*': 'rw',
    '/run/systemd/notify': 'w',
    '/usr/sbin/mysqld': 'mr',
    '/usr/lib/mysql/plugin/': 'r',
    '/usr/lib/mysql/plugin/*.so*': 'mr',
    '/usr/share/mysql/**': 'r',
    '/var/lib/mysql/': 'r',
    '/var/lib/mysql/**': 'rwk',
    '/var/lib/mysql-files/**': 'rwk',
    '/var/lib/mysql-keyring/**': 'rwk',
    '/var/log/mysql/**': 'rw',
    '/etc/ssl/openssl.cnf': 'r',
  } as Readonly<Record<string, string>>,
};

/** What provisioning/mysql.sh adds to it. */
const additions = [
  ...(/allow_data_volume\(\) \{(.*?)\n\}/s.exec(readFileSync('provisioning/mysql.sh', 'utf8'))?.[1] ?? '').matchAll(/'([^'\n]+),'/g),
].map(([, rule = '']) => rule);
const capabilities = [
  ...PROFILE.capabilities,
  ...additions.flatMap((rule) => (rule.startsWith('capability ') ? [rule.slice('capability '.length)] : [])),
];
const paths = [
  ...Object.entries(PROFILE.paths),
  ...additions.flatMap((rule) => (rule.startsWith('/') ? [rule.split(' ') as [string, string]] : [])),
];

const mayDo = (path: string) =>
  new Set(
    paths
      .filter(([pattern]) => pattern === path || (!path.endsWith('/') && matchesGlob(path, pattern)))
      .flatMap(([, rights]) => [...rights]),
  );

/** Values of the configuration that are paths, and what mysqld does there. */
function configuredPaths(): [string, string][] {
  const config = renderMyCnf({
    address: '10.0.4.11',
    serverId: 1,
    port: 3306,
    groupName: 'a',
    dataFolder: '/srv/mysql/data',
    tlsFolder: '/etc/mysql/platform-tls',
    maxConnections: 100,
    binaryLogDays: 3,
    slowSeconds: 1,
    slowLog: true,
  });
  return [...config.matchAll(/^(\w+) = (\/\S+)$/gm)].flatMap(([, key = '', path = '']): [string, string][] => {
    if (/(_ca|_cert|_key)$/.test(key)) return [[path, 'r']];
    if (/dir$/.test(key)) return [[`${path}/anything`, 'rwk']];
    return [[path, 'rw']];
  });
}

test('the configuration names its data, its TLS files, its socket and its pid file', () => {
  const named = configuredPaths().map(([path]) => path);
  expect(named).toEqual(
    expect.arrayContaining([
      '/srv/mysql/data/anything',
      '/srv/mysql/data-tmp/anything',
      '/etc/mysql/platform-tls/server.key',
      '/run/mysqld/mysqld.pid',
    ]),
  );
});

test.each([
  ...configuredPaths(),
  // Before its place is taken: provisioning/shared/mysql-prepare
  ['/srv/mysql/data.new/ibdata1', 'rwk'],
  ['/srv/mysql/', 'r'],
  ['/run/mysql-prepare/accounts.sql', 'r'],
  ['/etc/mysql/platform.cnf', 'r'],
  // Asked about while the old one is in force: apply_mysqld
  ['/var/lib/platform/configure/files/etc/mysql/platform.cnf', 'r'],
  ['/usr/lib/mysql/plugin/group_replication.so', 'mr'],
  ['/usr/lib/mysql/plugin/mysql_clone.so', 'mr'],
  ['/run/systemd/notify', 'w'],
] as [string, string][])("Ubuntu's AppArmor profile with our additions lets mysqld use %s (%s)", (path, rights) => {
  expect([...rights].filter((right) => !mayDo(path).has(right))).toEqual([]);
});

test.each(['chown', 'setuid', 'setgid', 'dac_override'])(
  'it lets --initialize, which root starts, have the capability %s',
  (capability) => {
    expect(capabilities).toContain(capability);
  },
);
