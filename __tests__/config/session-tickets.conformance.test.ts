import { execa } from 'execa';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { connect } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { askPeer } from '../../agents/common/peer';
import { shownSecrets, tellHaproxy } from '../../agents/ticket-keys/haproxy';
import { look } from '../../agents/ticket-keys/look';
import { visit as visitAt } from '../../lab/traffic/session';
import { TICKET_KEYS_PATH } from '../../lib/config/haproxy';
import { loadBalancerPair, pairFiles, type LoadBalancerPair } from '../helpers/certificate';
import { balancer, haproxyFolder, type Balancer } from '../helpers/haproxy';
import { hasProgram } from '../helpers/programs';

const HOUR_MS = 3_600_000;
const NOBODYS_PORT = 1;
const VERSIONS = ['TLSv1.3', 'TLSv1.2'] as const;
type Version = (typeof VERSIONS)[number];

const visit = (port: number, version: Version, session?: Buffer) =>
  visitAt({ address: '127.0.0.1', port, host: 'localhost' }, version, { session });

/** A load balancer with its agent, whose clock is the test's. */
interface Host {
  readonly lb: Balancer;
  /** Folder of its keys. */
  readonly tickets: string;
  /** Says something to HAProxy. */
  readonly tell: (commands: readonly string[]) => Promise<string>;
  look(nowMs?: number): Promise<void>;
  /** What HAProxy uses, the oldest first. */
  keys(): Promise<string[]>;
}

describe.skipIf(!hasProgram('haproxy') || !hasProgram('openssl'))('session tickets of two load balancers', () => {
  let both: LoadBalancerPair;
  beforeEach(() => void (both = loadBalancerPair()));

  /** As a deploy leaves it: with first keys, before its agent has looked. */
  async function host(member: 0 | 1, peer: () => Balancer | undefined, identity = both.members[member]): Promise<Host> {
    const tickets = haproxyFolder();
    await execa(resolve('provisioning/load-balancer/first-ticket-keys'), [tickets]);
    const lb = await balancer([], { tickets, files: pairFiles(both, member) });
    const tell = (commands: readonly string[]) => tellHaproxy(join(lb.folder, 'admin.sock'), commands);
    const port = () => peer()?.pair ?? NOBODYS_PORT;
    const ask = () => askPeer({ url: `https://127.0.0.1:${port()}${TICKET_KEYS_PATH}`, identity, authority: both.authority });
    return {
      lb,
      tickets,
      tell,
      look: (nowMs = Date.now()) => look({ folder: tickets, now: () => nowMs, askPeer: ask, tellHaproxy: tell }),
      keys: async () => shownSecrets(await tell(['show tls-keys *'])),
    };
  }

  /** Both, as they are a minute after a deploy. */
  async function agreed(): Promise<readonly [Host, Host]> {
    const second: { lb?: Balancer } = {};
    const one = await host(0, () => second.lb);
    const two = await host(1, () => one.lb);
    second.lb = two.lb;
    await two.look();
    await one.look();
    return [one, two];
  }

  test('HAProxy accepts the configuration without a warning', async () => {
    expect((await host(0, () => undefined)).lb.check()).toMatchObject({ status: 0 });
  });

  test.each(VERSIONS)('a session of the one is resumed by the other, and back (%s)', async (version) => {
    const [one, two] = await agreed();
    expect(await one.keys()).toEqual(await two.keys());
    const first = await visit(one.lb.https, version);
    expect(first.resumed).toBe(false);
    const second = await visit(two.lb.https, version, first.session);
    expect(second.resumed).toBe(true);
    expect((await visit(one.lb.https, version, second.session)).resumed).toBe(true);
  });

  test.each(VERSIONS)('before they have agreed a session is resumed by its own load balancer alone (%s)', async (version) => {
    const [one, two] = [await host(0, () => undefined), await host(1, () => undefined)];
    const { session } = await visit(one.lb.https, version);
    expect((await visit(one.lb.https, version, session)).resumed).toBe(true);
    expect((await visit(two.lb.https, version, session)).resumed).toBe(false);
  });

  test.each(VERSIONS)('a session is resumed after its hour, and not when its key is older than that (%s)', async (version) => {
    const [one, two] = await agreed();
    const { session } = await visit(one.lb.https, version);
    for (const [hours, resumed] of [
      [1, true],
      [2, false],
    ] as const) {
      await two.look(Date.now() + hours * HOUR_MS);
      expect((await visit(two.lb.https, version, session)).resumed, `after ${hours} h`).toBe(resumed);
    }
  });

  test.each(VERSIONS)(
    'at the turn of an hour each load balancer resumes sessions of the other, no matter whose clock is ahead (%s)',
    async (version) => {
      const [early, late] = await agreed();
      await early.look(Date.now() + HOUR_MS);
      expect(await early.keys()).not.toEqual(await late.keys());
      for (const [from, to] of [
        [early, late],
        [late, early],
      ] as const)
        expect((await visit(to.lb.https, version, (await visit(from.lb.https, version)).session)).resumed).toBe(true);
    },
  );

  test.each(VERSIONS)('a reload reads the keys that HAProxy was told meanwhile (%s)', async (version) => {
    const [one] = await agreed();
    await one.look(Date.now() + HOUR_MS);
    const keys = await one.keys();
    const { session } = await visit(one.lb.https, version);
    const worker = async () => /^Pid: (\d+)$/m.exec(await one.tell(['show info']))?.[1];
    const former = await worker();
    one.lb.process.kill('SIGUSR2');
    await expect.poll(worker, { timeout: 30_000 }).not.toBe(former);
    expect(await one.keys()).toEqual(keys);
    expect((await visit(one.lb.https, version, session)).resumed).toBe(true);
  });

  test('a load balancer that has booted takes the keys of the one that serves, and the other one keeps them', async () => {
    const [one] = await agreed();
    const serving = await one.keys();
    await sleep(1_100);
    const booted = await host(1, () => one.lb);
    expect(await booted.keys()).not.toEqual(serving);
    await booted.look();
    expect(await booted.keys()).toEqual(serving);
    await one.look();
    expect(await one.keys()).toEqual(serving);
  });

  test('keys that HAProxy has lost are brought back with the next look', async () => {
    const [one] = await agreed();
    const keys = await one.keys();
    await one.tell([`set ssl tls-key ${one.tickets}/keys ${Buffer.alloc(80, 1).toString('base64')}`]);
    expect(await one.keys()).not.toEqual(keys);
    await one.look();
    expect(await one.keys()).toEqual(keys);
  });

  test('one that does not get the keys of the other goes on with its own, and says so', async () => {
    const one = await host(0, () => undefined);
    const stranger = await host(1, () => one.lb, loadBalancerPair().members[1]);
    await expect(stranger.look(Date.now() + HOUR_MS)).rejects.toThrow(/^no keys of session tickets from the other load balancer: .*alert/);
    const { session } = await visit(stranger.lb.https, 'TLSv1.3');
    expect((await visit(stranger.lb.https, 'TLSv1.3', session)).resumed).toBe(true);
    const ofOne = await one.keys();
    expect((await stranger.keys()).filter((key) => ofOne.includes(key))).toEqual([]);
  });

  test('files with something else in them are replaced by new keys', async () => {
    const one = await host(0, () => undefined);
    const map = join(one.tickets, 'shared.map');
    writeFileSync(map, 'keys something else\n');
    await one.look();
    expect(readFileSync(map, 'utf8')).toMatch(/^keys \d+:\d+:\S{108},\d+:\d+:\S{108},\d+:\d+:\S{108}\n$/);
  });

  test("a visitor's session opens no way to what the load balancers hand each other, although HAProxy may resume it there", async () => {
    const { lb } = await host(0, () => undefined);
    // Sessions of its memory, as with origin pulls
    const acme = { responders: [], sharePath: '/obtained.pem' };
    const inMemory = await balancer([], { acme, files: { ...pairFiles(both), 'obtained.pem': 'the key of the site' } });
    const sessions = [lb, inMemory].map(async ({ https }) => (await visit(https, 'TLSv1.3')).session);
    const [ticket, remembered] = await Promise.all(sessions);
    expect(await answerTo(lb.pair, TICKET_KEYS_PATH)).toBe('refused');
    expect(await answerTo(lb.pair, TICKET_KEYS_PATH, ticket)).toBe('refused');
    expect(await answerTo(inMemory.pair, acme.sharePath)).toBe('refused');
    expect(await answerTo(inMemory.pair, acme.sharePath, remembered)).toMatch(/^HTTP\/1\.\d 403 /);
  });
});

/** What is answered to who has no certificate. */
function answerTo(port: number, path: string, session?: Buffer): Promise<string> {
  return new Promise((done) => {
    let answer = '';
    const socket = connect({ host: '127.0.0.1', port, session, rejectUnauthorized: false }, () =>
      socket.write(`GET ${path} HTTP/1.0\r\n\r\n`),
    );
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => done(answer || 'refused'));
  });
}
