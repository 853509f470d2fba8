import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig, readMigrationDatabase } from '../../app/config';

function credentials(): string {
  const folder = mkdtempSync(join(tmpdir(), 'credentials-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'mysql-app-password'), 'secret\n');
  writeFileSync(join(folder, 'internal-ca.pem'), 'the CA');
  return folder;
}

test('secrets come from files, without the newline at their end', () => {
  const { database } = readConfig({ CREDENTIALS_DIRECTORY: credentials(), DATABASE_TLS_NAME: 'mysql.platform.internal' });
  expect(database).toMatchObject({ password: 'secret', tls: { serverName: 'mysql.platform.internal', ca: 'the CA' } });
});

test('is told how many connections to the database it may open', () => {
  expect(readConfig({ CREDENTIALS_DIRECTORY: credentials() }).database.connections).toBe(40);
  expect(readConfig({ CREDENTIALS_DIRECTORY: credentials(), DATABASE_CONNECTIONS: '60' }).database.connections).toBe(60);
  expect(() => readConfig({ CREDENTIALS_DIRECTORY: credentials(), DATABASE_CONNECTIONS: '1' })).toThrow(
    'DATABASE_CONNECTIONS is 1, want a whole number from 2',
  );
});

test('refuses to start without credentials or with a port that is none', () => {
  expect(() => readConfig({})).toThrow('CREDENTIALS_DIRECTORY is not set');
  expect(() => readConfig({ CREDENTIALS_DIRECTORY: credentials(), PORT: 'http' })).toThrow('PORT is http, want a port number');
});

test('migrations have an account and a password of their own, where they are told so', () => {
  const folder = credentials();
  writeFileSync(join(folder, 'mysql-migration-password'), 'another\n');
  expect(readConfig({ CREDENTIALS_DIRECTORY: folder }).migratesElsewhere).toBe(false);
  const environment = { CREDENTIALS_DIRECTORY: folder, DATABASE_MIGRATION_USER: 'platform_migration' };
  expect(readConfig(environment)).toMatchObject({ migratesElsewhere: true, database: { user: 'app', password: 'secret' } });
  expect(readMigrationDatabase(environment)).toMatchObject({ user: 'platform_migration', password: 'another' });
});
