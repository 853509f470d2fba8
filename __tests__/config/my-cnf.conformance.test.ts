import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { renderMyCnf } from '../../lib/config/my-cnf';
import { MY_CNF } from '../helpers/mysql-member';
import { SLOW_LOG_TRIED, slowLogTrial } from '../helpers/slow-log';

const MYSQLD = '/usr/sbin/mysqld';

// Debian has no MySQL to install for this; provisioning/mysql.sh makes the same check on every member before it restarts
test.skipIf(!existsSync(MYSQLD))('mysqld accepts the configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'my-cnf-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'my.cnf');
  mkdirSync(join(folder, 'data-tmp'));
  writeFileSync(path, renderMyCnf({ ...MY_CNF, dataFolder: join(folder, 'data') }));
  const { status, stderr } = spawnSync(MYSQLD, [`--defaults-file=${path}`, '--validate-config'], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
});

// In the lab, which has MySQL, __tests__/end-to-end/hardening.test.ts does the same on a member
test.skipIf(!existsSync(MYSQLD) || process.getuid?.() !== 0)(
  'a mysqld whose slow log is off says so, and no file of it has a literal of a slow statement',
  () => {
    const [program = '', ...argv] = slowLogTrial();
    const { stdout, stderr } = spawnSync(program, argv, { encoding: 'utf8', env: { PATH: `${process.env['PATH']}:/usr/sbin` } });
    expect(stdout.trim().split('\n'), stderr).toEqual(SLOW_LOG_TRIED);
  },
);
