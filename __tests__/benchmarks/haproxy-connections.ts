/**
 * How much memory HAProxy takes for many clients: runs the rendered haproxy.cfg on loopback, without web servers, and
 * opens TLS connections to it, each with a question every ten seconds. Prints figures; judges nothing.
 *   npx tsx __tests__/benchmarks/haproxy-connections.ts [CONNECTIONS]
 * KEEP=1 keeps them in docs/measurements/connections.json.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FromHolder, ToHolder } from '../../lab/benchmarks/holder';
import { PEER_HEALTH_PATH } from '../../lib/config/haproxy';
import { certificate } from '../helpers/certificate';
import { HTTPS, startBalancer } from './balancer';
import { circumstances, requireCommitted, type Circumstances } from './circumstances';
import { command } from './command';

const CONNECTIONS_PER_ADDRESS = 450;
const CONNECTIONS_PER_PROCESS = 4_500;
/** Longer than HAProxy lets an idle connection live: who is there then is kept busy. */
const HELD_MS = 20_000;

const KEPT = 'docs/measurements/connections.json';

/** As docs/measurements/connections.json keeps it. */
interface ConnectionMeasurement extends Circumstances {
  /** What HAProxy takes for a kept TLS connection that asks every ten seconds. */
  readonly kilobytesPerConnection: number;
  readonly connections: number;
}

/** Of master and worker, in kB; pages that they share count once. */
function memory(master: ChildProcess): number {
  const workers = readFileSync(`/proc/${master.pid}/task/${master.pid}/children`, 'utf8').trim().split(' ');
  return [String(master.pid), ...workers].reduce(
    (sum, pid) => sum + Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]),
    0,
  );
}

async function main(wanted: number): Promise<void> {
  if (process.env['KEEP'] === '1') requireCommitted();
  if (!Number.isInteger(wanted) || wanted < 1) throw new RangeError('want a number of connections, 1 or more');
  const folder = mkdtempSync(join(tmpdir(), 'haproxy-connections-'));
  const haproxy = startBalancer(folder, certificate('benchmark'));
  const holders: { child: ChildProcess; latest: FromHolder }[] = [];
  const sum = (what: 'opened' | 'open' | 'failed') => holders.reduce((total, { latest }) => total + latest[what], 0);
  const say = (line: string) => process.stdout.write(`${line}\n`);
  try {
    await sleep(3_000);
    const before = memory(haproxy);
    const begin = performance.now();
    for (let first = 0; first < wanted; first += CONNECTIONS_PER_PROCESS) {
      const child = fork('lab/benchmarks/holder.ts', { execArgv: ['--import', 'tsx'] });
      const holder = { child, latest: { opened: 0, open: 0, failed: 0, errors: {} } as FromHolder };
      child.on('message', (message: FromHolder) => (holder.latest = message));
      const from = Array.from(
        { length: Math.min(CONNECTIONS_PER_PROCESS, wanted - first) },
        (_, n) => `127.0.1.${1 + Math.floor((first + n) / CONNECTIONS_PER_ADDRESS)}`,
      );
      child.send({ target: { address: '127.0.0.1', port: HTTPS, host: 'benchmark' }, path: PEER_HEALTH_PATH, from } satisfies ToHolder);
      holders.push(holder);
    }
    while (sum('opened') + sum('failed') < wanted) await sleep(200);
    const seconds = (performance.now() - begin) / 1_000;
    say(`${sum('opened')} of ${wanted} opened in ${seconds.toFixed(0)} s, ${Math.round(sum('opened') / seconds)} handshakes a second`);
    await sleep(HELD_MS);
    const after = memory(haproxy);
    const kilobytes = Number(((after - before) / sum('open')).toFixed(1));
    say(
      `${sum('open')} held; HAProxy takes ${Math.round(after / 1024)} MB, ${Math.round(before / 1024)} MB before: ${kilobytes} kB a connection`,
    );
    if (process.env['KEEP'] !== '1') return;
    const kept: ConnectionMeasurement = { kilobytesPerConnection: kilobytes, connections: sum('open'), ...circumstances() };
    writeFileSync(KEPT, `${JSON.stringify(kept, null, 2)}\n`);
  } finally {
    holders.forEach(({ child }) => child.kill());
    haproxy.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
}

command(() => main(Number(process.argv[2] ?? 19_000)));
