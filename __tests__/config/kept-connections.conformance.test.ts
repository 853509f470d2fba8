import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Chain, type WebServer } from '../helpers/chain';
import { hasProgram } from '../helpers/programs';
import type { SeenWithoutPower } from '../helpers/power-off';
import { CAN_END_CONNECTIONS } from '../helpers/silent-peers';
import { CountingApp, NewVisitors, READERS, Visitors, WRITERS, type Glance, type Visit } from '../helpers/visitors';

/**
 * A web server that stops answering is out after 2.9 s at the latest: a check each second, 0.8 s until it has failed, 0.25 s to the next,
 * and 0.8 s once more. The faults last longer, so that a request which waited for their end would be seen.
 */
const LONGER_THAN_CHECKS_MS = 8_000;
/** Of the unit, between the announcement that a web server stops and its end. */
const ANNOUNCED_MS = 3_000;

interface Seen {
  readonly visits: readonly Visit[];
  readonly glances: readonly Glance[];
  readonly executed: ReadonlyMap<string, number>;
}

interface Scene {
  readonly first: WebServer;
  readonly chain: Chain;
  readonly visitors: Visitors;
}

/** Visitors of two web servers while something happens to the first. */
async function seenWhile(happens: (scene: Scene) => Promise<void>): Promise<Seen> {
  const app = new CountingApp();
  onTestFinished(() => app.stop());
  const chain = await Chain.start({ apps: [await app.start()] });
  onTestFinished(() => chain.stop());
  const visitors = new Visitors(chain);
  await visitors.servedBy('web-1');
  await visitors.served();
  const newVisitors = new NewVisitors(chain);
  await happens({ first: chain.webs[0]!, chain, visitors });
  await visitors.served();
  const glances = await newVisitors.leave();
  return { visits: await visitors.leave(), glances, executed: app.executed };
}

const gets = ({ visits }: Seen) => visits.filter(({ method }) => method === 'GET');
const posts = ({ visits }: Seen) => visits.filter(({ method }) => method === 'POST');
const failed = (visits: readonly Visit[]) => visits.filter(({ outcome }) => outcome !== 200);
const askedAgain = (visits: readonly Visit[]) => visits.filter((visit) => visit.askedAgain);

function expectNothingFailed(seen: Seen): void {
  expect(failed(seen.visits)).toEqual([]);
  expect(askedAgain(seen.visits)).toEqual([]);
  expect([...seen.executed].sort()).toEqual(
    posts(seen)
      .map(({ path }) => [path, 1])
      .sort(),
  );
}

/** None was executed twice, none that was acknowledged is missing, and no more failed than were under way. */
function expectNoPostRepeatedOrLost(seen: Seen, underWay: number): void {
  expect([...seen.executed].filter(([, times]) => times > 1)).toEqual([]);
  expect(posts(seen).filter(({ path, outcome }) => outcome === 200 && !seen.executed.has(path))).toEqual([]);
  expect(failed(posts(seen)).length).toBeLessThanOrEqual(underWay);
}

/** Each page came within two seconds. */
function expectNewVisitorsServed({ glances }: Pick<Seen, 'glances'>): void {
  expect(new Set(glances.map(({ protocol }) => protocol))).toEqual(new Set(['HTTP/1.1', 'HTTP/2']));
  expect(glances.filter(({ outcome }) => outcome !== 200)).toEqual([]);
}

/** A GET that begins while web-1 does not answer is answered by web-2. */
function expectGetsServedByTheOther(seen: Seen, ...faults: (readonly [begin: number, end: number])[]): void {
  expect(failed(gets(seen))).toEqual([]);
  expect(askedAgain(seen.visits)).toEqual([]);
  expectNewVisitorsServed(seen);
  for (const [from, to] of faults) {
    const during = gets(seen).filter(({ begin }) => begin >= from && begin < to);
    expect(new Set(during.map(({ web }) => web))).toEqual(new Set(['web-2']));
    expect(new Set(during.map(({ visitor }) => visitor)).size).toBe(READERS);
  }
}

function seenWithoutPower(what: 'web' | 'app'): Seen & Pick<SeenWithoutPower, 'off'> {
  const argv = ['--net', process.execPath, '--import', 'tsx', '__tests__/helpers/power-off.ts', what];
  const { stdout, stderr } = spawnSync('unshare', argv, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  expect(stderr).toBe('');
  const { executed, ...seen } = JSON.parse(stdout) as SeenWithoutPower;
  return { ...seen, executed: new Map(executed) };
}

describe.skipIf(!hasProgram('haproxy') || !hasProgram('nginx') || !hasProgram('openssl'))(
  'visitors who share kept connections to two web servers',
  { timeout: 180_000 },
  () => {
    test('notice nothing when one is reloaded ten times: each reload closes the idle connections', async () => {
      expectNothingFailed(
        await seenWhile(async ({ first, visitors }) => {
          for (let reload = 0; reload < 10; reload += 1) {
            first.signal('SIGHUP');
            await visitors.servedBy('web-1');
            await visitors.served();
          }
        }),
      );
    });

    test('notice nothing when one drains, stops and comes back', async () => {
      expectNothingFailed(
        await seenWhile(async ({ first, visitors }) => {
          const draining = join(first.folder, 'run/draining');
          writeFileSync(draining, '');
          await sleep(ANNOUNCED_MS);
          first.signal('SIGQUIT');
          await first.exited();
          rmSync(draining);
          await visitors.served();
          await first.start();
          await visitors.servedBy('web-1');
        }),
      );
    });

    test('notice nothing when HAProxy is reloaded ten times', async () => {
      expectNothingFailed(
        await seenWhile(async ({ chain: { haproxy }, visitors }) => {
          for (let reload = 0; reload < 10; reload += 1) {
            haproxy.kill('SIGUSR2');
            await sleep(300);
            await visitors.served();
          }
        }),
      );
    });

    test('get every page from the other while one is dead, four times. A POST under way there fails, and is not sent again', async () => {
      const dead: [number, number][] = [];
      const seen = await seenWhile(async ({ first, visitors }) => {
        for (let kill = 0; kill < 4; kill += 1) {
          await first.kill();
          const begin = performance.now();
          await visitors.served();
          dead.push([begin, performance.now()]);
          await first.start();
          await visitors.servedBy('web-1');
        }
      });
      expectGetsServedByTheOther(seen, ...dead);
      expectNoPostRepeatedOrLost(seen, 4 * WRITERS);
    });

    test.skipIf(!CAN_END_CONNECTIONS)(
      'get every page from the other while one is frozen. A POST that it has taken waits for it, and is not sent again',
      async () => {
        let frozen: [number, number] = [0, 0];
        const seen = await seenWhile(async ({ first, chain, visitors }) => {
          chain.endsSilentConnections();
          first.signalAll('SIGSTOP');
          const begin = performance.now();
          await sleep(LONGER_THAN_CHECKS_MS);
          await visitors.served('readers');
          frozen = [begin, performance.now()];
          first.signalAll('SIGCONT');
          await visitors.servedBy('web-1');
        });
        expectGetsServedByTheOther(seen, frozen);
        expectNoPostRepeatedOrLost(seen, 0);
      },
    );

    describe.skipIf(!CAN_END_CONNECTIONS || !hasProgram('nft') || !hasProgram('unshare'))('while there is no power', () => {
      test('at one of them get every page from the other. A POST that was under way there fails, and is not sent again', () => {
        const seen = seenWithoutPower('web');
        expectGetsServedByTheOther(seen, seen.off);
        expectNoPostRepeatedOrLost(seen, WRITERS);
      });

      test('at one of two app servers get every page. A POST that was under way there fails, and is not sent again', () => {
        const seen = seenWithoutPower('app');
        expect(failed(gets(seen))).toEqual([]);
        expect(askedAgain(seen.visits)).toEqual([]);
        expectNewVisitorsServed(seen);
        // Nginx asks it again after ten seconds
        expectNoPostRepeatedOrLost(seen, 2 * WRITERS);
      });
    });
  },
);
