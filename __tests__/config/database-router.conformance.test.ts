import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { renderDatabaseRouterConfig } from '../../lib/config/database-router';
import { freePort } from '../helpers/ports';
import { hasProgram } from '../helpers/programs';

/** What the agent of a member answers, and a port that greets with the member's name, as mysqld would. */
class Member {
  primary = false;
  reader = true;
  constructor(
    readonly name: string,
    readonly address: string,
  ) {}

  async start(sqlPort: number, healthPort: number): Promise<void> {
    const sql = createServer((socket) => void socket.on('error', () => undefined).write(`${this.name}\n`));
    const health = createHttpServer(({ url }, response) => {
      response.writeHead((url === '/primary' ? this.primary : this.reader) ? 200 : 503).end();
    });
    await Promise.all([listen(sql, sqlPort, this.address), listen(health, healthPort, this.address)]);
    onTestFinished(() => void (sql.close(), health.close(), health.closeAllConnections()));
  }
}

function listen(server: Server | ReturnType<typeof createHttpServer>, port: number, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Three members on loopback addresses, and the real HAProxy with the rendered file, word for word but for its socket. */
async function router() {
  const folder = mkdtempSync(join(tmpdir(), 'database-router-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [sql, memberHealthPort, primaryPort, readersPort, metricsPort] = (await Promise.all(
    Array.from({ length: 5 }, () => freePort()),
  )) as [number, number, number, number, number];
  const members = [1, 2, 3].map((number) => new Member(`db-${number}`, `127.0.0.1${number}`)) as [Member, Member, Member];
  members[0].primary = true;
  await Promise.all(members.map((member) => member.start(sql, memberHealthPort)));
  const text = renderDatabaseRouterConfig({
    members: members.map(({ name, address }) => ({ name, address, port: sql })),
    memberHealthPort,
    primaryPort,
    readersPort,
    metricsAddress: '127.0.0.1',
    metricsPort,
  });
  const path = join(folder, 'haproxy.cfg');
  writeFileSync(path, text.replace('/run/database-router/', `${folder}/`));
  const checked = spawnSync('haproxy', ['-c', '-f', path], { encoding: 'utf8' });
  expect(checked.status, checked.stderr).toBe(0);
  const child = spawn('haproxy', ['-db', '-f', path], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await until(async () => (await open(primaryPort)).greeting === 'db-1');
  await sleep(600); // all members have been asked once
  return { members, primaryPort, readersPort, metricsPort };
}

interface Opened {
  /** Undefined: closed without a word. */
  readonly greeting: string | undefined;
  readonly socket: Socket;
}

function open(port: number): Promise<Opened> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    socket.once('data', (data: Buffer) => resolve({ greeting: data.toString().trim(), socket }));
    socket.once('close', () => resolve({ greeting: undefined, socket }));
  });
}

async function until(condition: () => Promise<boolean>, milliseconds = 5000): Promise<number> {
  const started = performance.now();
  while (!(await condition())) {
    if (performance.now() - started > milliseconds) throw new Error('has not happened in time');
    await sleep(20);
  }
  return performance.now() - started;
}

async function greetings(port: number): Promise<string[]> {
  const opened = await Promise.all(Array.from({ length: 9 }, () => open(port)));
  opened.forEach(({ socket }) => socket.destroy());
  return [...new Set(opened.map(({ greeting }) => greeting ?? 'nobody'))].sort();
}

describe.skipIf(!hasProgram('haproxy'))('the real HAProxy', () => {
  test('leads to the PRIMARY alone, and spreads readers over all that are fit', async () => {
    const { primaryPort, readersPort, metricsPort } = await router();
    expect(await greetings(primaryPort)).toEqual(['db-1']);
    expect(await greetings(readersPort)).toEqual(['db-1', 'db-2', 'db-3']);
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(metrics).toContain('haproxy_server_status{proxy="primary",server="db-1"');
  });

  test('follows a switchover within 1.2 s, and cuts the sessions to the old PRIMARY', async () => {
    const { members, primaryPort } = await router();
    const { socket } = await open(primaryPort);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    members[0].primary = false;
    members[1].primary = true;
    await closed;
    expect(await until(async () => (await greetings(primaryPort)).join() === 'db-2')).toBeLessThan(1200);
  });

  test('leads nowhere while there is no PRIMARY, and at once to the next one', async () => {
    const { members, primaryPort } = await router();
    members[0].primary = false;
    await until(async () => (await greetings(primaryPort)).join() === 'nobody');
    members[2].primary = true;
    expect(await until(async () => (await greetings(primaryPort)).join() === 'db-3')).toBeLessThan(1000);
  });

  test('reads from the PRIMARY when no reader is fit', async () => {
    const { members, readersPort } = await router();
    for (const member of members) member.reader = false;
    expect(await until(async () => (await greetings(readersPort)).join() === 'db-1')).toBeLessThan(2000);
  });
});
