/**
 * What visitors see while one of two web servers, or one of two app servers, has no power: packets to and from it vanish. Drops packets
 * of the network that it runs in, and so wants one of its own. Prints JSON.
 *   unshare --net npx tsx __tests__/helpers/power-off.ts web|app
 */
import { execFileSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Chain } from './chain';
import { CountingApp, NewVisitors, Visitors, type Glance, type Visit } from './visitors';

/** Longer than the 2.9 s after which HAProxy has taken a web server out at the latest, and than the 6 s that Linux waits for an app server. */
const OFF_MS = 8_000;
const APP_ADDRESSES = ['127.0.0.3', '127.0.0.4'];

export interface SeenWithoutPower {
  readonly visits: readonly Visit[];
  readonly glances: readonly Glance[];
  readonly executed: readonly [path: string, times: number][];
  /** When the power was off, as visits have their times. */
  readonly off: readonly [begin: number, end: number];
}

async function main(what: string | undefined): Promise<void> {
  if (Object.keys(networkInterfaces()).length > 0) throw new Error('want a network without anything in it; run this by: unshare --net');
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  const app = new CountingApp();
  const twin = new CountingApp(app.executed);
  const [address, otherAddress] = APP_ADDRESSES as [string, string];
  const port = await app.start(address);
  const apps = [
    { address, port },
    { address: otherAddress, port: await twin.start(otherAddress) },
  ];
  const chain = await Chain.start({ apps });
  try {
    chain.endsSilentConnections();
    const lost = what === 'app' ? port : chain.webs[0]!.port;
    const visitors = new Visitors(chain);
    await visitors.served();
    const newVisitors = new NewVisitors(chain);
    await visitors.served();
    nft(`add table inet power; add chain inet power off { type filter hook input priority 0; };
      add rule inet power off tcp dport ${lost} drop; add rule inet power off tcp sport ${lost} drop`);
    const begin = performance.now();
    await sleep(OFF_MS);
    await visitors.served('readers');
    const end = performance.now();
    nft('delete table inet power');
    await (what === 'app' ? visitors.served() : visitors.servedBy('web-1'));
    const glances = await newVisitors.leave();
    const visits = await visitors.leave();
    process.stdout.write(JSON.stringify({ visits, glances, executed: [...app.executed], off: [begin, end] } satisfies SeenWithoutPower));
  } finally {
    await chain.stop();
    app.stop();
    twin.stop();
  }
}

function nft(commands: string): void {
  execFileSync('nft', ['-f', '-'], { input: commands });
}

main(process.argv[2]).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
