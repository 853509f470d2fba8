import { execa } from 'execa';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasProgram } from '../../helpers/programs';

const missing = !['gpg', 'gpgv', 'dpkg-deb'].every(hasProgram);
const SITE = 'lab/machines/mysql-repository/site.sh';

let folder: string;
let release: string;

const site = async (...args: string[]) => execa(SITE, args);
const text = (path: string) => readFileSync(path, 'utf8');

/** Whether apt would take the index, trusting what the key file of that year holds. */
async function accepted(year: number): Promise<boolean> {
  const keyring = join(folder, 'keyring.gpg');
  rmSync(keyring, { force: true });
  await execa('gpg', ['--batch', '--dearmor', '--output', keyring, join(folder, 'site', `RPM-GPG-KEY-mysql-${year}`)]);
  const { exitCode, stdout } = await execa('gpgv', ['--status-fd', '1', '--keyring', keyring, join(release, 'InRelease')], {
    reject: false,
  });
  return exitCode === 0 && !stdout.includes('EXPKEYSIG');
}

const fingerprints = async (year: number) =>
  (await execa('gpg', ['--batch', '--with-colons', '--show-keys', join(folder, 'site', `RPM-GPG-KEY-mysql-${year}`)])).stdout.match(
    /(?<=^fpr:+)[0-9A-F]{40}/gm,
  );

beforeAll(async () => {
  if (missing) return;
  folder = mkdtempSync(join(tmpdir(), 'mysql-site-'));
  release = join(folder, 'site/apt/debian/dists/trixie');
  mkdirSync(join(folder, 'package/DEBIAN'), { recursive: true });
  mkdirSync(join(folder, 'pool'));
  writeFileSync(
    join(folder, 'package/DEBIAN/control'),
    'Package: mysql-server\nVersion: 9.7.4-1debian13\nArchitecture: amd64\nMaintainer: nobody <nobody@example.test>\nDepends: mysql-community-server (= 9.7.4-1debian13)\nDescription: empty\n',
  );
  await execa('dpkg-deb', ['--build', join(folder, 'package'), join(folder, 'pool')]);
  await site('publish', folder, join(folder, 'pool'));
}, 60_000);
afterAll(() => {
  if (!missing) rmSync(folder, { recursive: true });
});

test.skipIf(missing)("MySQL's repository has Oracle's components and architecture, with packages in the component of 9.7", () => {
  expect(text(join(release, 'Release'))).toMatch(/^Architectures: amd64\nComponents: mysql-8\.4-lts mysql-9\.7-lts mysql-tools$/m);
  expect(text(join(release, 'mysql-8.4-lts/binary-amd64/Packages'))).toBe('');
  expect(text(join(release, 'mysql-9.7-lts/binary-amd64/Packages'))).toMatch(
    /^Package: mysql-server\nVersion: 9\.7\.4-1debian13\n[^]*^Filename: pool\/trixie\/mysql-9\.7-lts\/m\/mysql-community\/mysql-server_9\.7\.4-1debian13_amd64\.deb$/m,
  );
});

test.skipIf(missing)(
  "MySQL's repository has a key file with the expired key, and a newer one with the same key and a later end",
  async () => {
    const own = text(join(folder, 'fingerprint')).trim();
    expect(await fingerprints(2023)).toEqual([own]);
    expect(await fingerprints(2025)).toEqual([own]);
    expect([await accepted(2023), await accepted(2025)]).toEqual([false, true]);
  },
);

test.skipIf(missing)("MySQL's repository can be switched to expired keys, or to another key that signs", async () => {
  await site('keys', folder, 'expired');
  expect([await accepted(2023), await accepted(2025)]).toEqual([false, false]);
  await site('keys', folder, 'foreign');
  expect([await accepted(2023), await accepted(2025)]).toEqual([true, true]);
  expect(await fingerprints(2025)).not.toEqual([text(join(folder, 'fingerprint')).trim()]);
  await site('keys', folder, 'renewed');
  expect([await accepted(2023), await accepted(2025)]).toEqual([false, true]);
});

test.skipIf(missing)("MySQL's repository can offer another version, and withdraw it", async () => {
  const offered = join(folder, 'site/apt/debian/pool/trixie/mysql-9.7-lts/m/mysql-community');
  await site('offer', folder, '9.7.5-1debian13+x');
  expect(readdirSync(offered).sort()).toEqual(['mysql-server_9.7.4-1debian13_amd64.deb', 'mysql-server_9.7.5-1debian13+x_amd64.deb']);
  expect((await execa('dpkg-deb', ['--field', join(offered, 'mysql-server_9.7.5-1debian13+x_amd64.deb'), 'Depends'])).stdout).toBe(
    'mysql-community-server (= 9.7.5-1debian13+x)',
  );
  expect(await accepted(2025)).toBe(true);
  await site('publish', folder, join(folder, 'pool'));
  expect(readdirSync(offered)).toEqual(['mysql-server_9.7.4-1debian13_amd64.deb']);
  expect(existsSync(join(folder, 'pool/mysql-server_9.7.5-1debian13+x_amd64.deb'))).toBe(false);
});
