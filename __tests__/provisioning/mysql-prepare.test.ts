import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const PASSWORDS = "CREATE USER app IDENTIFIED BY 'secret';";

/** An empty volume in folders of its own; $MYSQLD is what mysqld does. */
let host: string;
beforeEach(() => {
  host = mkdtempSync(join(tmpdir(), 'mysql-prepare-'));
  for (const folder of ['bin', 'volume']) mkdirSync(join(host, folder));
  const text = readFileSync('provisioning/shared/mysql-prepare', 'utf8')
    .replace('/srv/mysql', join(host, 'volume'))
    .replace('/run/mysql-prepare', join(host, 'work'))
    .replace('/run/mysql-memory', join(host, 'memory'))
    .replace('/proc/meminfo', join(host, 'meminfo'));
  showMemory(3_900_000);
  writeFileSync(join(host, 'mysql-prepare'), text.replaceAll(/(chgrp|-g) mysql/g, `$1 ${process.getgid?.() ?? 0}`));
  program('mountpoint', 'exit 0');
  program('platform-mysql', `printf '%s' "${PASSWORDS}"`);
  program(
    'mysqld',
    'for argument; do case $argument in --init-file=*) cat "${argument#*=}" >"$HOST/read"; stat -c "%a %U" "${argument#*=}" "$(dirname "${argument#*=}")" >"$HOST/modes" ;; esac; done',
    'mkdir "$HOST/volume/data.new"; eval "$MYSQLD"',
  );
});
afterEach(() => rmSync(host, { recursive: true }));

function showMemory(kilobytes: number): void {
  writeFileSync(join(host, 'meminfo'), `MemTotal:  ${kilobytes} kB\nMemFree:  1 kB\n`);
}

function program(name: string, ...lines: string[]): void {
  writeFileSync(join(host, 'bin', name), ['#!/usr/bin/env bash', ...lines, ''].join('\n'));
  chmodSync(join(host, 'bin', name), 0o755);
}

/** @param signal is sent to all of it, as systemd does, once mysqld runs */
async function prepare(mysqld: string, signal?: NodeJS.Signals): Promise<number | NodeJS.Signals> {
  const child = spawn('bash', [join(host, 'mysql-prepare')], {
    detached: true,
    env: { PATH: `${join(host, 'bin')}:${process.env['PATH']}`, HOST: host, MYSQLD: mysqld },
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => child.on('close', (code, by) => resolve(code ?? by ?? 0)));
  if (signal) {
    while (!existsSync(join(host, 'volume/data.new'))) await sleep(20);
    process.kill(-(child.pid ?? 0), signal);
  }
  return ended;
}
const passwordsAreLeft = () => existsSync(join(host, 'work'));

describe('the passwords that a new database starts with', () => {
  test('are for mysqld to read while it initialises, in a folder where it cannot put anything', async () => {
    expect(await prepare('true')).toBe(0);
    expect(readFileSync(join(host, 'read'), 'utf8')).toBe(PASSWORDS);
    const [file = '', folder = ''] = readFileSync(join(host, 'modes'), 'utf8').split('\n');
    expect([file, folder].map((line) => line.split(' ')[0])).toEqual(['640', '750']);
    expect(existsSync(join(host, 'volume/data'))).toBe(true);
    expect(passwordsAreLeft()).toBe(false);
  });

  test('are gone when mysqld fails', async () => {
    expect(await prepare('exit 1')).toBe(1);
    expect(passwordsAreLeft()).toBe(false);
  });

  test('are gone when systemd ends it', async () => {
    expect(await prepare('sleep 30', 'SIGTERM')).not.toBe(0);
    expect(passwordsAreLeft()).toBe(false);
  });

  test('are gone with the next start when it was killed', async () => {
    await prepare('sleep 30', 'SIGKILL');
    expect(passwordsAreLeft()).toBe(true);
    rmSync(join(host, 'volume/data.new'), { recursive: true });
    mkdirSync(join(host, 'volume/data/mysql'), { recursive: true });
    expect(await prepare('true')).toBe(0);
    expect(passwordsAreLeft()).toBe(false);
  });
});

describe('what mysqld takes of the memory', () => {
  beforeEach(() => mkdirSync(join(host, 'volume/data/mysql'), { recursive: true }));

  test.each([
    ['2 GB', 1_960_000, 1024, 256, 128],
    ['4 GB', 3_900_000, 2048, 512, 256],
    ['16 GB', 16_100_000, 9728, 2048, 1024],
    ['192 GB', 201_300_000, 137_600, 8192, 1024],
  ])('follows from the %s that the server has now', async (_, kilobytes, bufferPool, redoLog, messageCache) => {
    showMemory(kilobytes);
    expect(await prepare('true')).toBe(0);
    expect(readFileSync(join(host, 'memory'), 'utf8')).toBe(
      `MEMORY_OPTIONS=--innodb-buffer-pool-size=${bufferPool}M --innodb-redo-log-capacity=${redoLog}M ` +
        `--loose-group-replication-message-cache-size=${messageCache * 1024 * 1024}\n`,
    );
  });
});
