import { execa } from 'execa';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { hasProgram } from '../helpers/programs';
import { listening } from '../helpers/ports';

const missing = !['gpg', 'gpgv', 'curl'].every(hasProgram);
const DAY = 86_400_000;

interface Key {
  readonly fingerprint: string;
  /** As a file of the repository holds it. */
  readonly text: string;
}

let folder: string;
let gnupg: string;
let keyring: string;
let own: Key;
let expired: Key;
let foreign: Key;
/** What the repository serves, by path; a number is a status. */
let site: Readonly<Record<string, string | number>> = {};
let server: Server;
let url: string;

const date = (milliseconds: number) => new Date(milliseconds).toISOString().slice(0, 10);
const gpg = async (...args: string[]) =>
  (await execa('gpg', ['--batch', '--quiet', '--homedir', gnupg, '--pinentry-mode', 'loopback', '--passphrase', '', ...args])).stdout;

async function exported(uid: string): Promise<Key> {
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(await gpg('--with-colons', '--list-keys', uid))?.[1] ?? '';
  return { fingerprint, text: await gpg('--armor', '--export', uid) };
}

beforeAll(async () => {
  if (missing) return;
  folder = mkdtempSync(join(tmpdir(), 'mysql-repository-'));
  gnupg = join(folder, 'gnupg');
  keyring = join(folder, 'mysql-apt.gpg');
  mkdirSync(gnupg, { mode: 0o700 });
  mkdirSync(join(folder, 'upload/shared'), { recursive: true });
  cpSync('provisioning/common.sh', join(folder, 'upload/common.sh'));
  const text = readFileSync('provisioning/shared/mysql-repository.sh', 'utf8').replace('/usr/share/keyrings/mysql-apt.gpg', keyring);
  writeFileSync(join(folder, 'upload/shared/mysql-repository.sh'), text);
  writeFileSync(
    join(folder, 'upload/role.sh'),
    ['set -euo pipefail', 'source "$(dirname "$0")/common.sh"', 'source "$(dirname "$0")/shared/mysql-repository.sh"', '"$@"', ''].join(
      '\n',
    ),
  );
  const made = `${date(Date.now() - 1000 * DAY).replaceAll('-', '')}T000000`;
  await gpg('--faked-system-time', made, '--quick-generate-key', 'own <own@example.test>', 'ed25519', 'sign', date(Date.now() - 30 * DAY));
  expired = await exported('own');
  await gpg('--quick-set-expire', expired.fingerprint, '1y');
  own = await exported('own');
  await gpg('--quick-generate-key', 'foreign <foreign@example.test>', 'ed25519', 'sign', '1y');
  foreign = await exported('foreign');
  server = createServer((request, response) => {
    const found = site[request.url ?? ''] ?? 404;
    if (typeof found === 'number') response.writeHead(found).end('no key');
    else response.end(found);
  });
  url = `http://127.0.0.1:${await listening(server)}`;
}, 60_000);
afterAll(async () => {
  if (missing) return;
  server.close();
  await execa('gpgconf', ['--homedir', gnupg, '--kill', 'all'], { reject: false });
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  site = {};
  rmSync(keyring ?? '', { force: true });
});

async function trust(): Promise<{ readonly exitCode?: number; readonly stderr: string }> {
  return execa('bash', [join(folder, 'upload/role.sh'), 'trust_mysql_key', url, own.fingerprint], {
    reject: false,
    env: { no_proxy: '*' },
  });
}

const trusted = async () =>
  (await execa('gpg', ['--homedir', gnupg, '--with-colons', '--show-keys', keyring])).stdout.match(/(?<=^fpr:+)[0-9A-F]{40}/gm);

/** Whether the keyring makes good what a key has signed. */
async function verifies(uid: string): Promise<boolean> {
  const signed = await execa(
    'gpg',
    ['--batch', '--homedir', gnupg, '--pinentry-mode', 'loopback', '--passphrase', '', '--local-user', uid, '--clearsign'],
    { input: 'Origin: MySQL\n' },
  );
  return (await execa('gpgv', ['--keyring', keyring, '-'], { input: signed.stdout, reject: false })).exitCode === 0;
}

test.skipIf(missing)('the key of the newest file that holds it good is taken', async () => {
  site = { '/RPM-GPG-KEY-mysql-2023': expired.text, '/RPM-GPG-KEY-mysql-2025': own.text };
  expect(await trust()).toMatchObject({ exitCode: 0 });
  expect(await verifies('own')).toBe(true);
});

test.skipIf(missing)('the file of 2023 is taken, too, where it holds the key as it was renewed', async () => {
  site = { '/RPM-GPG-KEY-mysql-2023': own.text };
  expect(await trust()).toMatchObject({ exitCode: 0 });
});

test.skipIf(missing)('of two keys in one file the wanted one alone is trusted', async () => {
  site = { '/RPM-GPG-KEY-mysql-2025': `${own.text}\n${foreign.text}\n` };
  expect(await trust()).toMatchObject({ exitCode: 0 });
  expect(await trusted()).toEqual([own.fingerprint]);
  expect(await verifies('foreign')).toBe(false);
});

test.skipIf(missing)('an expired key is refused with the day of its end and what to do', async () => {
  site = { '/RPM-GPG-KEY-mysql-2023': expired.text };
  const { exitCode, stderr } = await trust();
  expect(exitCode).toBe(3);
  expect(stderr).toContain(`${url}/RPM-GPG-KEY-mysql-2023 holds it as it expired on ${date(Date.now() - 30 * DAY)}`);
  expect(stderr).toContain(`Wanted is ${own.fingerprint}. Deploy again when a renewed one is there`);
  expect(existsSync(keyring)).toBe(false);
});

test.skipIf(missing)('a foreign key is refused with its fingerprint', async () => {
  site = { '/RPM-GPG-KEY-mysql-2025': foreign.text };
  const { exitCode, stderr } = await trust();
  expect(exitCode).toBe(3);
  expect(stderr).toContain(`${url}/RPM-GPG-KEY-mysql-2025 holds another key, ${foreign.fingerprint}; nothing was installed`);
  expect(existsSync(keyring)).toBe(false);
});

test.skipIf(missing)('a site without a key, one with a page instead of one and one with an error are told apart', async () => {
  expect((await trust()).stderr).toContain(`${url} has no file RPM-GPG-KEY-mysql-2023 or newer`);
  site = { '/RPM-GPG-KEY-mysql-2025': '<html>' };
  expect((await trust()).stderr).toContain('/RPM-GPG-KEY-mysql-2025 holds no key');
  site = { [`/RPM-GPG-KEY-mysql-${new Date().getFullYear()}`]: 400 };
  expect((await trust()).stderr).toContain('answers 400; deploy again when it works');
});

test.skipIf(missing)(
  'a key that has expired since it was installed is replaced, and a good one is left without asking the site',
  async () => {
    writeFileSync(keyring, expired.text);
    site = { '/RPM-GPG-KEY-mysql-2025': own.text };
    expect(await trust()).toMatchObject({ exitCode: 0 });
    site = {};
    expect(await trust()).toMatchObject({ exitCode: 0 });
    expect(await verifies('own')).toBe(true);
  },
);

test.skipIf(missing)("MySQL's packages come from there and no others, whatever port and folder the repository has", async () => {
  const { stdout } = await execa('bash', [join(folder, 'upload/role.sh'), 'mysql_preferences', 'https://mirror.example.test:8443/mysql']);
  expect(stdout).toBe(
    'Package: mysql-* libmysqlclient*\nPin: origin "mirror.example.test"\nPin-Priority: 990\n\nPackage: *\nPin: origin "mirror.example.test"\nPin-Priority: -1',
  );
});
