/**
 * What a new connection costs HAProxy, and how long its visitor waits, with and without a session that is resumed:
 * `npx tsx __tests__/benchmarks/session-resumption.ts [connections]`.
 */
import { execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SecureVersion } from 'node:tls';
import { percentile } from '../../lab/checkers/statistics';
import { visit } from '../../lab/traffic/session';
import { PEER_HEALTH_PATH } from '../../lib/config/haproxy';
import { certificate, type Pair } from '../helpers/certificate';
import { HTTPS, startBalancer } from './balancer';
import { processorTime } from './chain/load';
import { command } from './command';

const TARGET = { address: '127.0.0.1', port: HTTPS, host: 'benchmark' };
const ROUNDS = 3;

const KINDS = {
  'ECDSA P-256': () => certificate('benchmark'),
  'RSA 2048': (): Pair => {
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=benchmark', '-keyout', '-', '-out', '-'];
    // HAProxy takes certificate and key from one file, in any order
    return { certificate: execFileSync('openssl', made, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }), key: '' };
  },
} as const;

const median = (values: readonly number[]) => percentile(values, 0.5);

interface Cost {
  readonly microseconds: number;
  readonly firstByteMs: number;
}

async function measure(haproxy: ChildProcess, version: SecureVersion, resume: boolean, connections: number): Promise<Cost> {
  const comes = (session?: Buffer) => visit(TARGET, version, { session, path: PEER_HEALTH_PATH });
  let { session } = await comes();
  const waits: number[] = [];
  const before = processorTime(haproxy.pid!);
  for (let count = 0; count < connections; count += 1) {
    const seen = await comes(resume ? session : undefined);
    if (seen.resumed !== resume) throw new Error(`${version}: a session was ${resume ? 'not ' : ''}resumed`);
    session = seen.session;
    waits.push(seen.firstByteMilliseconds);
  }
  return { microseconds: (processorTime(haproxy.pid!) - before) / connections, firstByteMs: median(waits) };
}

async function main(connections: number): Promise<void> {
  if (!Number.isInteger(connections) || connections < 1) throw new RangeError('want a number of connections, 1 or more');
  for (const [kind, makeSite] of Object.entries(KINDS)) await compare(kind, makeSite(), connections);
}

async function compare(certificateKind: string, site: Pair, connections: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'session-resumption-'));
  const haproxy = startBalancer(folder, site, { tickets: true });
  try {
    await sleep(2_000);
    for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
      const costs: Record<'new' | 'resumed', Cost[]> = { new: [], resumed: [] };
      for (let round = 0; round < ROUNDS; round += 1)
        for (const kind of ['new', 'resumed'] as const) costs[kind].push(await measure(haproxy, version, kind === 'resumed', connections));
      for (const [kind, rounds] of Object.entries(costs)) {
        const microseconds = median(rounds.map((cost) => cost.microseconds));
        const wait = median(rounds.map((cost) => cost.firstByteMs));
        process.stdout.write(
          `${certificateKind}, ${version}, ${kind}: HAProxy ${microseconds.toFixed(0)} µs, ${Math.round(1e6 / microseconds)} a second and core; first byte after ${wait.toFixed(2)} ms\n`,
        );
      }
    }
  } finally {
    haproxy.kill('SIGTERM');
    await once(haproxy, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

command(() => main(Number(process.argv[2] ?? 1_000)));
