import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { renderMyCnf } from '../../lib/config/my-cnf';
import { MY_CNF } from '../helpers/mysql-member';

const MYSQLD = '/usr/sbin/mysqld';

// Debian has no MySQL to install for this; provisioning/mysql.sh makes the same check on every member before it restarts
test.skipIf(!existsSync(MYSQLD))('mysqld accepts the configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'my-cnf-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'my.cnf');
  const text = renderMyCnf(MY_CNF);
  writeFileSync(path, text);
  const { status, stderr } = spawnSync(MYSQLD, [`--defaults-file=${path}`, '--validate-config'], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
});
