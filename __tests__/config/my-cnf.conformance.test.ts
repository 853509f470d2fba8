import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { renderMyCnf } from '../../lib/config/my-cnf';

const MYSQLD = '/usr/sbin/mysqld';

// Debian has no MySQL to install for this; provisioning/mysql.sh makes the same check on every member before it restarts
test.skipIf(!existsSync(MYSQLD))('mysqld accepts the configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'my-cnf-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'my.cnf');
  const text = renderMyCnf({
    address: '10.0.4.11',
    serverId: 1,
    port: 3306,
    memoryMegabytes: 4096,
    groupName: 'aaaaaaaa-0000-8000-a000-000000000000',
    dataFolder: '/srv/mysql/data',
    tlsFolder: '/etc/mysql/platform-tls',
    maxConnections: 400,
    binaryLogDays: 3,
    slowSeconds: 1,
    slowLog: true,
  });
  writeFileSync(path, text);
  const { status, stderr } = spawnSync(MYSQLD, [`--defaults-file=${path}`, '--validate-config'], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
});
