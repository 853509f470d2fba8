import { execa } from 'execa';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { inGrant } from '../../agents/mysql-member/accounts';
import { openLab, type Lab, type LabMachine } from '../../lab/lab';
import { query } from '../../lab/scenarios/database';
import { topologyOf } from '../../lab/scenarios/topology';
import { PORTS } from '../../lib/net/ports';
import { SLOW_LOG_TRIED, slowLogTrial } from '../helpers/slow-log';

/** Runs inside the client namespace of a lab to which the stack has been deployed: see run.sh. */
let lab: Lab;
let machines: readonly LabMachine[];

beforeAll(async () => {
  lab = await openLab();
  machines = await lab.machines();
});

/** Of 10, where 0 is no exposure. */
const MOST_EXPOSED = 2.0;
/** What cannot get there, and why. */
const EXCEPTIONS: Readonly<Record<string, number>> = {
  haproxy: 2.9, // its master is root: it reads the certificate, binds ports, and drops its rights in a chroot
  keepalived: 3.5, // root, raw sockets, addresses, real time
  'security-updates': 9.6, // it installs packages, whose scripts may do anything
};

/** Our own units, and those of Debian that have a drop-in of ours. */
const UNITS = readdirSync('provisioning/units')
  .filter((name) => /\.service(\.d)?$/.test(name))
  .map((name) => name.replace(/\.service(\.d)?$/, '').replace(/@$/, '@any'));

test('systemd-analyze security rates every unit at 2.0 or less, except the listed ones', async () => {
  const script = `for unit in ${UNITS.join(' ')}; do
    systemctl cat "$unit" >/dev/null 2>&1 && systemctl is-enabled --quiet "$unit" || systemctl is-active --quiet "$unit" || continue
    printf '%s %s\\n' "$unit" "$(systemd-analyze security --no-pager "$unit" | sed -n 's/.*exposure level for .*: \\([0-9.]*\\) .*/\\1/p')"
  done`;
  const found = new Map<string, number>();
  for (const { name } of machines) {
    const { stdout } = await lab.exec(name, ['sh', '-c', script]);
    for (const line of stdout.trim().split('\n')) {
      const [unit = '', exposure] = line.split(' ');
      found.set(unit, Number(exposure));
    }
  }
  expect([...found.keys()]).toEqual(
    expect.arrayContaining([
      'haproxy',
      'keepalived',
      'floating-ip-agent',
      'hetzner-api-addresses',
      'first-ticket-keys',
      'ticket-keys',
      'nginx',
      'app',
      'database-router',
      'mysql',
      'mysql-member',
    ]),
  );
  expect([...found].filter(([unit, exposure]) => !(exposure <= (EXCEPTIONS[unit] ?? MOST_EXPOSED)))).toEqual([]);
});

test('no units wait for each other in a circle at boot, of which systemd would leave out a random one', async () => {
  for (const { name } of machines)
    expect((await lab.exec(name, ['systemd-analyze', 'verify', 'default.target'])).stderr, name).not.toContain('ordering cycle');
});

describe('SSH', () => {
  const OPTIONS = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'BatchMode=yes'].flatMap((option) => ['-o', option]);
  const ssh = (...argv: string[]) =>
    execa('ssh', ['-F', 'none', '-i', lab.secrets.sshPrivateKeyFile, ...OPTIONS, ...argv], { reject: false, input: '' });
  const root = () => `root@${lab.floatingIp}`;
  const web = () => machines.find(({ tier }) => tier === 'web')!.privateAddress;

  test('refuses every login without a key', async () => {
    expect((await ssh(root(), 'true')).exitCode).toBe(0);
    const { exitCode, stderr } = await ssh('-o', 'PubkeyAuthentication=no', root(), 'true');
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('Permission denied (publickey)');
  });

  test('forwards through a load balancer to port 22 of other hosts, and to no other port', async () => {
    expect((await ssh('-W', `${web()}:22`, root())).stdout).toContain('SSH-2.0');
    expect((await ssh('-W', `${web()}:80`, root())).stderr).toContain('administratively prohibited');
  });

  test.each(['lb', 'web', 'app', 'mysql'])('on %s accepts no password, and forwards no agent, display or socket', async (tier) => {
    const { name } = machines.find((machine) => machine.tier === tier)!;
    const { stdout } = await lab.exec(name, ['sshd', '-T']);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        'passwordauthentication no',
        'kbdinteractiveauthentication no',
        'permitrootlogin without-password',
        'allowagentforwarding no',
        'x11forwarding no',
        'allowstreamlocalforwarding no',
        `allowtcpforwarding ${tier === 'lb' ? 'local' : 'no'}`,
      ]),
    );
  });
});

test('every host synchronises its clock and limits its journal', async () => {
  for (const { name } of machines) {
    expect((await lab.exec(name, ['systemctl', 'is-enabled', 'systemd-timesyncd'])).stdout.trim(), name).toBe('enabled');
    expect((await lab.exec(name, ['systemd-analyze', 'cat-config', 'systemd/journald.conf'])).stdout, name).toMatch(/^SystemMaxUse=500M$/m);
  }
});

test("the application's watchdog, which runs as root, gets only the address from the application's environment", async () => {
  for (const { name } of machines.filter(({ tier }) => tier === 'app')) {
    const { stdout } = await lab.exec(name, [
      'sh',
      '-c',
      'tr "\\0" "\\n" <"/proc/$(systemctl show --property MainPID --value app-watchdog)/environ"',
    ]);
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names).toEqual(expect.arrayContaining(['HOST', 'PORT']));
    expect(
      names.filter((each) => /^(NODE|DATABASE)_|^HOST_NAME$/.test(each ?? '')),
      name,
    ).toEqual([]);
  }
});

test('a deploy leaves no world-writable file, and no file in a shared folder', async () => {
  for (const { name } of machines) {
    const { stdout } = await lab.exec(name, [
      'find',
      '/',
      // Each may be a file system of its own, into which find does not go by itself
      '/tmp',
      '/var/tmp',
      '/dev/shm',
      '-xdev',
      '-type',
      'f',
      '(',
      '-perm',
      '-0002',
      '-o',
      '-name',
      'terraform_*.sh',
      ')',
      '-not',
      '-path',
      '/proc/*',
      '-printf',
      '%m %h/%f\n',
    ]);
    expect(stdout.trim(), name).toMatch(/^(0?777 \/root\/\.ssh\/platform-step\.sh)?$/);
    expect((await lab.exec(name, ['stat', '-c', '%a %U', '/root/.ssh'])).stdout.trim(), name).toBe('700 root');
  }
});

describe('what others than root can write', () => {
  /**
   * Nothing of the platform reads these with more rights than who writes them, or Debian's own programs do, as they do everywhere. All else
   * is in the table of docs/security.md, with how it is read.
   */
  const READ_BY_NOBODY_ELSE = [
    /^\/var\/log\/(lastlog|[bw]tmp)(\.db)?$/,
    /^\/var\/lib\/wtmpdb\b/,
    // apt downloads without rights, and checks signatures of what it finds there
    /^\/var\/(cache|lib)\/apt\//,
    /^\/var\/mail$/,
    /^\/(var\/lib|run)\/systemd\//,
    /^\/run\/(dbus\/system_bus_socket|ssh-unix-local\/socket|host\/.*)$/,
    /^\/run\/user\//,
    // of a package that is used elsewhere: HAProxy itself does not run on app servers
    /^\/run\/haproxy$/,
    /^\/run\/database-router$/,
    // buffers of Nginx
    /^\/var\/lib\/nginx$/,
    // folders of MySQL's package that mysqld does not use here
    /^\/var\/(log\/mysql|lib\/mysql-(keyring|files)|lib\/mysql)\b/,
    // closed by its folder: see the test of what is left of a deploy
    /^\/root\/\.ssh\/platform-step\.sh$/,
  ];

  /** Topmost files, folders, pipes and sockets of others than root, or that others than root may write; folders of all, such as /tmp, are sticky. */
  const WALK = [
    'find / /run /srv/mysql /dev/shm -xdev',
    '\\( -path /proc -o -path /sys -o -path /tmp -o -path /var/tmp -o -path /run/systemd/inaccessible -o -path /run/credentials \\) -prune -o',
    '! -type l \\( ! -user root -o -perm -0002 ! -perm -1000 -o -perm -0020 ! -group root \\) -print -prune',
  ].join(' ');

  /** Paths in the first column of the table; a file in there stands for its folder, * for any name. */
  const listed = () => {
    const table =
      readFileSync('docs/security.md', 'utf8').split('## What other users can write and root reads')[1]?.split('\n## ')[0] ?? '';
    const cells = [...table.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell = '']) => cell);
    return cells.flatMap((cell) => [...cell.matchAll(/`(\/[^`]+)`/g)].map(([, path = '']) => path));
  };
  const covers = (path: string) => (known: string) =>
    new RegExp(`^${path}(/|$)`).test(known) || new RegExp(`^${known.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`).test(path);

  test('is in the list of docs/security.md, or root has nothing to do with it', async () => {
    expect(listed().length).toBeGreaterThan(8);
    for (const { name, tier } of machines) {
      const { stdout } = await lab.exec(name, ['sh', '-c', `${WALK} 2>/dev/null || true`]);
      const found = [...new Set(stdout.split('\n').filter(Boolean))];
      expect(found.length, name).toBeGreaterThan(5);
      const needless = (path: string) => READ_BY_NOBODY_ELSE.some((each) => each.test(path)) && !(tier === 'lb' && path === '/run/haproxy');
      expect(
        found.filter((path) => !needless(path) && !listed().some(covers(path))),
        name,
      ).toEqual([]);
    }
  });

  test('is not the folder of the socket by which HAProxy hands its listening sockets on', async () => {
    for (const { name } of machines.filter(({ tier }) => tier === 'lb'))
      expect((await lab.exec(name, ['stat', '-c', '%U %G %a', '/run/haproxy'])).stdout.trim(), name).toBe('root root 755');
  });
});

describe('in the database', () => {
  /** By an account, as from an app server: what MySQL says to each statement, nothing or the name of the error. */
  async function says(user: string, passwordFile: string, statements: readonly string[]): Promise<Record<string, string>> {
    const { name } = machines.find(({ tier }) => tier === 'app')!;
    const read = async (file: string) => (await lab.exec(name, ['cat', `/etc/platform/credentials/${file}`])).stdout;
    const login = {
      host: '127.0.0.1',
      port: PORTS.app.databasePrimary,
      user,
      database: 'app',
      password: (await read(passwordFile)).trim(),
      ssl: { ca: await read('internal-ca.pem'), servername: 'mysql.platform.internal', verifyIdentity: false },
    };
    const script = `
      const { login, statements } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
      require('mysql2/promise').createConnection(login).then(async (session) => {
        const said = {};
        for (const statement of statements) said[statement] = await session.query(statement).then(() => '', (error) => error.code);
        console.log(JSON.stringify(said));
        process.exit(0);
      });`;
    const { stdout } = await execa('nsenter', [`--net=/proc/${await lab.initPid(name)}/ns/net`, process.execPath, '--eval', script], {
      input: JSON.stringify({ login, statements }),
    });
    return JSON.parse(stdout) as Record<string, string>;
  }
  const allAre = (statements: readonly string[], said: unknown) => Object.fromEntries(statements.map((statement) => [statement, said]));
  const DENIED = expect.stringMatching(
    /^ER_(DBACCESS_DENIED|TABLEACCESS_DENIED|SPECIFIC_ACCESS_DENIED|ACCESS_DENIED|CANNOT_USER|ILLEGAL_GRANT_FOR_TABLE|COLUMNACCESS_DENIED)/,
  ) as unknown;

  const DATA = [
    'START TRANSACTION',
    "INSERT INTO notes (text, idempotency_key) VALUES ('of a test', UUID())",
    "UPDATE notes SET text = 'changed' WHERE text = 'of a test'",
    "DELETE FROM notes WHERE text = 'changed'",
    'ROLLBACK',
    'SELECT COUNT(*) FROM notes',
  ];
  const SCHEMA = [
    'CREATE TABLE of_a_test (id INT PRIMARY KEY)',
    'ALTER TABLE of_a_test ADD COLUMN more INT',
    'CREATE INDEX more ON of_a_test (more)',
    'CREATE VIEW seen AS SELECT id FROM of_a_test',
    'DROP VIEW seen',
    'DROP TABLE of_a_test',
  ];
  const ELSEWHERE = [
    'SELECT user FROM mysql.user',
    'SELECT * FROM platform.account_revision',
    'CREATE DATABASE another',
    'CREATE TABLE appx.of_a_test (id INT PRIMARY KEY)',
    'CREATE USER another',
    'SET GLOBAL super_read_only = OFF',
    "SELECT 1 INTO OUTFILE '/tmp/of-a-test'",
    "SELECT LOAD_FILE('/etc/passwd') FROM mysql.user",
    'SHUTDOWN',
    'STOP GROUP_REPLICATION',
    'GRANT SELECT ON app.* TO CURRENT_USER',
  ];

  test('rights in a schema whose name has a _ are none in a schema that differs by that letter', async () => {
    const primary = await topologyOf(lab).primary();
    const password = randomUUID();
    const root = (...statements: string[]) => query(lab, primary, statements.join(';'));
    const account = (statement: string) =>
      lab.exec(primary, ['env', `MYSQL_PWD=${password}`, 'mysql', '--user=of_a_test', '--skip-column-names', `--execute=${statement}`]);
    const remove = ['DROP USER IF EXISTS of_a_test@localhost', 'DROP DATABASE IF EXISTS of_a_test', 'DROP DATABASE IF EXISTS ofxaxtest'];
    onTestFinished(async () => void (await root(...remove)));
    await root(
      ...['of_a_test', 'ofxaxtest'].flatMap((name) => [`CREATE DATABASE ${name}`, `CREATE TABLE ${name}.t (id INT PRIMARY KEY)`]),
      `CREATE USER of_a_test@localhost IDENTIFIED BY '${password}'`,
      `GRANT SELECT ON ${inGrant('of_a_test')} TO of_a_test@localhost`,
    );
    expect(await account('SELECT * FROM of_a_test.t')).toMatchObject({ exitCode: 0 });
    expect((await account('SELECT * FROM ofxaxtest.t')).stderr).toMatch(/denied/);
  });

  test('the application reads and writes its data, and changes neither its schema nor anything else', async () => {
    expect(
      await says('app', 'mysql-app-password', [
        ...DATA,
        'DROP TABLE notes',
        'ALTER TABLE notes ADD COLUMN more INT',
        ...SCHEMA.slice(0, 4),
        ...ELSEWHERE,
      ]),
    ).toEqual({
      ...allAre(DATA, ''),
      ...allAre(['DROP TABLE notes', 'ALTER TABLE notes ADD COLUMN more INT', ...SCHEMA.slice(0, 4), ...ELSEWHERE], DENIED),
    });
  });

  test('migrations change the schema, and nothing else', async () => {
    expect(await says('platform_migration', 'mysql-migration-password', [...SCHEMA, ...ELSEWHERE])).toEqual({
      ...allAre(SCHEMA, ''),
      ...allAre(ELSEWHERE, DENIED),
    });
  });

  test('rights and accounts that an earlier deploy made are gone after the step that ends every deploy, in other schemas, too', async () => {
    const primary = await topologyOf(lab).primary();
    const sql = (statement: string) => query(lab, primary, statement);
    const host = await sql("SELECT host FROM mysql.user WHERE user = 'app'");
    await sql(
      "CREATE USER 'former'@'%'; INSERT INTO platform.account_revision VALUES ('former', 'x'); CREATE USER 'of_an_operator'@'localhost'",
    );
    onTestFinished(async () => void (await sql('DROP USER IF EXISTS of_an_operator@localhost, former')));
    await sql(`GRANT DROP, ALTER ON app.* TO 'app'@'${host}'; GRANT SELECT ON \`appx\`.* TO 'app'@'${host}'`);
    expect(await says('app', 'mysql-app-password', ['DROP TABLE IF EXISTS of_a_test'])).toEqual({ 'DROP TABLE IF EXISTS of_a_test': '' });
    await lab.exec(primary, ['platform-mysql', 'discard-old-passwords']);
    expect(await says('app', 'mysql-app-password', ['DROP TABLE IF EXISTS of_a_test', ...DATA])).toEqual({
      'DROP TABLE IF EXISTS of_a_test': DENIED,
      ...allAre(DATA, ''),
    });
    expect(await sql(`SHOW GRANTS FOR 'app'@'${host}'`)).not.toMatch(/appx|DROP|ALTER/);
    const left = await sql(
      "SELECT user FROM mysql.user WHERE user IN ('former', 'of_an_operator', 'app', 'platform_migration') ORDER BY user",
    );
    expect(left.split('\n')).toEqual(['app', 'of_an_operator', 'platform_migration']);
  });

  test('a mysqld whose slow log is off says so, and no file of it has a literal of a slow statement', async () => {
    const { name } = machines.find(({ tier }) => tier === 'mysql')!;
    const { stdout, stderr } = await lab.exec(name, slowLogTrial(), { timeoutSeconds: 300 });
    expect(stdout.trim().split('\n'), stderr).toEqual(SLOW_LOG_TRIED);
  });

  test('the application cannot read the password of migrations', async () => {
    const { name } = machines.find(({ tier }) => tier === 'app')!;
    const { stdout } = await lab.exec(name, [
      'sh',
      '-c',
      'ls /proc/$(systemctl show --property MainPID --value app)/root/run/credentials/app.service',
    ]);
    expect(stdout.trim().split('\n')).toEqual(['internal-ca.pem', 'mysql-app-password']);
  });
});
