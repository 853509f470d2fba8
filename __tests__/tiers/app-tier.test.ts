import { expect, test } from 'vitest';
import { resolveApp, type AppSettings } from '../../lib/settings/app';
import { AppTier, type AppTierProps } from '../../lib/tiers/app-tier';
import { resourceIds, testSite, testStack } from '../helpers/stack';

function appTier(settings: AppSettings = {}, wiring: Partial<AppTierProps> = {}) {
  const stack = testStack();
  const site = testSite(stack);
  const tier = new AppTier(stack, 'app', {
    ...resolveApp(settings),
    site,
    egress: [],
    application: { entryPoint: 'app/server.ts' },
    databaseMembers: site.endpoints('mysql', 'sql', 3),
    credentials: { mysqlAppPassword: '${var.mysql_app_password}', internalCa: '${tls_self_signed_cert.ca.cert_pem}' },
    internalCaRevision: '',
    ...wiring,
  });
  return { stack, tier };
}

test('offers an endpoint for each server, two by default', () => {
  expect(appTier().tier.endpoints).toEqual([
    { name: 'app-1', address: '10.0.3.11', port: 3000 },
    { name: 'app-2', address: '10.0.3.12', port: 3000 },
  ]);
});

test.each([0, 21, 2.5])('refuses %d servers', (serverCount) => {
  expect(() => appTier({ serverCount })).toThrow(`app: serverCount is ${serverCount}, want a whole number from 1 to 20`);
});

test('refuses too little memory for Node', () => {
  expect(() => appTier({ memoryMegabytes: 128 })).toThrow('memoryMegabytes is 128, want a whole number from 256 to 196608');
});

test('refuses a number of database connections that two pools cannot share', () => {
  expect(() => appTier({ databaseConnections: 1 })).toThrow('databaseConnections is 1, want a whole number from 2 to 400');
});

test('refuses to run without a database', () => {
  expect(() => appTier({}, { databaseMembers: [] })).toThrow('databaseMembers is [], want at least one MySQL member');
});

test.each(['PORT', 'HOST_NAME', 'NODE_OPTIONS', 'DATABASE_TLS_NAME', 'WITH-DASH'])(
  'refuses %s as a variable of the application',
  (name) => {
    expect(() => appTier({}, { application: { entryPoint: 'app/server.ts', environment: { [name]: 'x' } } })).toThrow(
      `application.environment is "${name}"`,
    );
  },
);

test('takes other variables, the name of the database among them', () => {
  const environment = { FEATURE: 'on', DATABASE_NAME: 'shop', DATABASE_USER: 'shop' };
  expect(() => appTier({}, { application: { entryPoint: 'app/server.ts', environment } })).not.toThrow();
});

test('keeps the resource ids that deployed state depends on', async () => {
  const ids = resourceIds(appTier().stack)
    .split('\n')
    .filter((id) => id.includes('.app_'));
  await expect(`${ids.join('\n')}\n`).toMatchFileSnapshot('app-tier.resource-ids.txt');
});
