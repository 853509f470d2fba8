import { expect, test } from 'vitest';
import { InternalAuthority } from '../../lib/certificates/internal-authority';
import { ORACLES_REPOSITORY } from '../../lib/servers/mysql-repository';
import { resolveMySql, type MySqlSettings } from '../../lib/settings/mysql';
import { MySqlTier, type MySqlTierProps } from '../../lib/tiers/mysql-tier';
import { resource, resourceIds, synthesized, testSite, testStack } from '../helpers/stack';

function mysqlTier(settings: MySqlSettings = {}, wiring: Partial<MySqlTierProps> = {}) {
  const stack = testStack();
  const site = testSite(stack);
  const authority = new InternalAuthority(stack, 'authority', { name: 'test CA' });
  const credentials = {
    mysqlAdminPassword: '${var.mysql_admin_password}',
    mysqlReplicationPassword: '${var.mysql_replication_password}',
    mysqlAppPassword: '${var.mysql_app_password}',
  };
  const { applicationConnections = 80 } = wiring;
  const tier = new MySqlTier(stack, 'mysql', {
    ...resolveMySql(settings, { applicationConnections }),
    site,
    egress: [],
    applicationConnections,
    repository: ORACLES_REPOSITORY,
    authority,
    credentials,
    ...wiring,
  });
  return { stack, tier };
}

function configureSteps({ stack }: ReturnType<typeof mysqlTier>) {
  return Object.entries(synthesized(stack).resource['terraform_data'] ?? {}).filter(([id]) => /^mysql_db-\d_configure/.test(id));
}

test('is three members without public addresses, each with a volume', () => {
  const { stack, tier } = mysqlTier();
  expect(tier.endpoints).toEqual([1, 2, 3].map((n) => ({ name: `db-${n}`, address: `10.0.4.1${n}`, port: 3306 })));
  expect(resource(stack, 'hcloud_server', 'mysql_db-1')).toMatchObject({ public_net: [{ ipv4_enabled: false, ipv6_enabled: false }] });
  expect(resource(stack, 'hcloud_volume', 'mysql_db-3')).toMatchObject({ name: 'db-3-data', size: 20, format: 'ext4' });
});

test('where packages come from is told before they are installed, and told again for upgrades', () => {
  const repository = { url: 'https://mirror.example.test/mysql', keyFingerprint: '0123456789ABCDEF0123456789ABCDEF01234567' };
  const { stack } = mysqlTier({ series: '8.4' }, { repository });
  const install = resource(stack, 'terraform_data', 'mysql_db-1_install');
  const facts = { MYSQL_SERIES: '8.4', MYSQL_REPOSITORY: repository.url, MYSQL_KEY_FINGERPRINT: repository.keyFingerprint };
  expect(install.triggers_replace).toMatchObject({ facts });
  expect(JSON.stringify(install.provisioner)).toContain(
    'MYSQL_SERIES=8.4\\nMYSQL_REPOSITORY=https://mirror.example.test/mysql\\nMYSQL_KEY_FINGERPRINT=0123456789ABCDEF0123456789ABCDEF01234567\\n',
  );
  expect(resource(stack, 'terraform_data', 'mysql_db-1_configure').triggers_replace).toMatchObject({ facts });
});

test("by default packages are Oracle's, of the newest series, signed with Oracle's key", () => {
  expect(resource(mysqlTier().stack, 'terraform_data', 'mysql_db-1_install').triggers_replace).toMatchObject({
    facts: {
      MYSQL_SERIES: '9.7',
      MYSQL_REPOSITORY: 'https://repo.mysql.com',
      MYSQL_KEY_FINGERPRINT: 'BCA43417C3B485DD128EC6D4B7B3B788A8D3785C',
    },
  });
});

test('refuses a series without packages, and Arm', () => {
  // @ts-expect-error the compiler refuses it, too
  expect(() => mysqlTier({ series: '8.0' })).toThrow('series is "8.0", want one of 8.4, 9.7');
  expect(() => mysqlTier({ serverType: 'cax11' })).toThrow('serverType is "cax11", want an x86 type');
});

test('configures one member after another', () => {
  const [first, second, third] = configureSteps(mysqlTier());
  const after = (step: typeof second) => (step?.[1] as { depends_on: string[] }).depends_on;
  expect(after(second)).toContain(`terraform_data.${first?.[0]}`);
  expect(after(third)).toContain(`terraform_data.${second?.[0]}`);
});

test('certificates name the member, its address and the name that clients check', () => {
  expect(resource(mysqlTier().stack, 'tls_cert_request', 'authority_mysql-db-2')).toMatchObject({
    dns_names: ['mysql.platform.internal', 'db-2'],
    ip_addresses: ['10.0.4.12'],
  });
});

test('no secret triggers a step, a new certificate does', () => {
  const triggers = JSON.stringify(configureSteps(mysqlTier()).map(([, step]) => step['triggers_replace']));
  expect(triggers).not.toMatch(/var\.mysql/);
  expect(triggers).toMatch(/tls_locally_signed_cert/);
});

test('the group keeps its name', () => {
  expect(mysqlTier().tier.groupName).toBe(mysqlTier({ memberCount: 5, serverType: 'ccx13' }).tier.groupName);
  expect(mysqlTier().tier.groupName).toMatch(/^[0-9a-f-]{36}$/);
});

test('members that leave keep their servers, and are configured last', () => {
  const { stack, tier } = mysqlTier({ memberCount: 5, leavingCount: 2 });
  expect(tier.servers).toHaveLength(5);
  expect(tier.endpoints).toHaveLength(5);
  expect(configureSteps({ stack, tier })).toHaveLength(5);
});

test.each([1, 3, 4])('refuses that %d of five members leave', (leavingCount) => {
  expect(() => mysqlTier({ memberCount: 5, leavingCount })).toThrow(
    `mysql: leavingCount is ${leavingCount}, want an even number that leaves at least 3 members`,
  );
});

test.each([1, 2, 4, 11])('refuses %d members', (memberCount) => {
  expect(() => mysqlTier({ memberCount })).toThrow(`mysql: memberCount is ${memberCount}, want 3, 5, 7 or 9;`);
});

test.each([
  [{ volumeGb: 5 }, 'volumeGb is 5, want a whole number from 10 to 10240'],
  [{ serverType: 'cx21' }, 'serverType is "cx21", want a type that Hetzner still offers'],
  [{ database: 'mysql' }, 'database is "mysql", want up to 31 lower-case letters'],
  [{ databaseUser: 'root' }, 'databaseUser is "root"'],
  [{ groupName: 'mine' }, 'groupName is "mine", want a UUID'],
  [{ binaryLogDays: 0 }, 'binaryLogDays is 0, want a number from 0.01 to 90'],
  [{ maxConnections: 100 }, 'maxConnections is 100, want a whole number from 120 to 10000'],
])('refuses %o', (props, message) => {
  expect(() => mysqlTier(props)).toThrow(message);
});

test('refuses fewer connections than all app servers may open', () => {
  expect(() => mysqlTier({ maxConnections: 400 }, { applicationConnections: 400 })).toThrow(
    'maxConnections is 400, want a whole number from 440',
  );
});

test('keeps the resource ids that deployed state depends on', async () => {
  const ids = resourceIds(mysqlTier().stack)
    .split('\n')
    .filter((id) => /\.(mysql|authority_mysql)/.test(id));
  await expect(`${ids.join('\n')}\n`).toMatchFileSnapshot('mysql-tier.resource-ids.txt');
});
