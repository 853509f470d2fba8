/**
 * What visitors see while one of two web servers has no power: packets to and from it vanish. Drops packets of the network
 * that it runs in, and so wants one of its own. Prints JSON.
 *   unshare --net npx tsx __tests__/helpers/power-off.ts
 */
import { execFileSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Chain } from './chain';
import { CountingApp, Visitors, type Visit } from './visitors';

/** Longer than the 2.9 s after which HAProxy has taken it out at the latest. */
const OFF_MS = 8_000;

export interface SeenWithoutPower {
  readonly visits: readonly Visit[];
  readonly executed: readonly [path: string, times: number][];
  /** When the power was off, as visits have their times. */
  readonly off: readonly [begin: number, end: number];
}

async function main(): Promise<void> {
  if (Object.keys(networkInterfaces()).length > 0) throw new Error('want a network without anything in it; run this by: unshare --net');
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  const app = new CountingApp();
  const chain = await Chain.start({ apps: [await app.start()] });
  try {
    const [{ port }] = chain.webs as [Chain['webs'][number]];
    const visitors = new Visitors(chain);
    await visitors.served();
    nft(`add table inet power; add chain inet power off { type filter hook input priority 0; };
      add rule inet power off tcp dport ${port} drop; add rule inet power off tcp sport ${port} drop`);
    const begin = performance.now();
    await sleep(OFF_MS);
    await visitors.served('readers');
    const end = performance.now();
    nft('delete table inet power');
    await visitors.servedBy('web-1');
    const visits = await visitors.leave();
    process.stdout.write(JSON.stringify({ visits, executed: [...app.executed], off: [begin, end] } satisfies SeenWithoutPower));
  } finally {
    await chain.stop();
    app.stop();
  }
}

function nft(commands: string): void {
  execFileSync('nft', ['-f', '-'], { input: commands });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
