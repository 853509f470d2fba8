import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onMachine, tryOnMachine, until } from '../../lab/faults';
import { openLab, type Lab } from '../../lab/lab';
import { mysqlKeyFingerprint, setMysqlKeys } from '../../lab/machines/mysql-repository/repository';

/** Runs inside the client namespace of a lab to which the stack has been deployed: see run.sh. */
const SITE = 'repo.mysql.com';
const MEMBER = 'db-3';

let lab: Lab;

const repaired = async () => {
  await lab.mendSites(SITE);
  await setMysqlKeys(lab.paths, 'renewed');
};
const isOnline = async () => (await onMachine(lab, MEMBER, 'platform-mysql status')).startsWith(`${MEMBER}  ONLINE`);

/** What the deploy printed; it has to fail. */
async function failedDeploy(): Promise<string> {
  await expect(lab.deploy()).rejects.toThrow();
  // Terraform wraps long lines and marks them with the resource
  return (await readFile(join(lab.paths.state, 'deploy.log'), 'utf8')).replace(/\s+/g, ' ');
}

beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => repaired());

test("members have MySQL from MySQL's repository, and all other packages from Debian", async () => {
  const policy = await onMachine(lab, MEMBER, 'apt-cache policy mysql-server mysql-community-server-core mysql-common libmecab2');
  expect(policy.match(/Installed: .*debian13/g)).toHaveLength(3);
  expect(policy.match(/debian13 990\n +-1 https:\/\/repo\.mysql\.com\/apt\/debian trixie\/mysql-9\.7-lts amd64 Packages/g)).toHaveLength(3);
  expect(await onMachine(lab, MEMBER, "grep -rhE '^(deb|URIs)' /etc/apt/sources.list.d | grep -c mysql")).toBe('1');
  // No question was asked, and no database was made where nobody looks
  expect(await onMachine(lab, MEMBER, 'ls -A /var/lib/mysql')).toBe('.the-data-is-in-srv-mysql');
});

test('a mysqld that fails to start because its port is taken is started again until it works', async () => {
  await onMachine(lab, MEMBER, 'platform-mysql make-way 300 && systemctl stop mysql', 320);
  const { privateAddress } = await lab.machine(MEMBER);
  const holder = `import socket, time; s = socket.create_server(("${privateAddress}", 3306)); time.sleep(600)`;
  await onMachine(
    lab,
    MEMBER,
    `systemd-run --quiet --unit=port-taken python3 -c '${holder}' && systemctl reset-failed mysql; systemctl start --no-block mysql`,
  );
  try {
    await until(
      'a start has failed with 1',
      async () => /code=exited, status=1\b/.test(await onMachine(lab, MEMBER, 'journalctl --unit mysql --since -2min --output cat')),
      60_000,
    );
  } finally {
    await tryOnMachine(lab, MEMBER, 'systemctl stop port-taken');
  }
  await until(`${MEMBER} is ONLINE`, isOnline, 120_000, 1000);
});

test.each([
  ['expired', 'holds it as it expired on 20'],
  ['foreign', 'holds another key, '],
] as const)('a deploy of a new member while all key files are %s stops, and says what it found and what to do', async (keys, found) => {
  await setMysqlKeys(lab.paths, keys);
  if ((await lab.machines()).some(({ name }) => name === MEMBER)) await lab.deleteServer(MEMBER, { volume: true });
  const said = await failedDeploy();
  expect(said).toContain(`https://repo.mysql.com/RPM-GPG-KEY-mysql-2025 ${found}`);
  expect(said).toContain(`Wanted is ${mysqlKeyFingerprint(lab.paths)}. Deploy again when a renewed one is there`);
  expect((await tryOnMachine(lab, MEMBER, 'dpkg-query --show mysql-server')).exitCode).toBe(1);
});

test("a deploy of a new member while MySQL's repository is away says so", async () => {
  await repaired();
  await lab.breakSite(SITE, 'refused');
  expect(await failedDeploy()).toContain('https://repo.mysql.com/RPM-GPG-KEY-mysql-');
});

test("a deploy after the repair of MySQL's repository finishes, and the member is ONLINE", async () => {
  await repaired();
  await lab.deploy();
  await until(`${MEMBER} is ONLINE`, isOnline, 60_000, 1000);
}, 900_000);
