/**
 * What a new connection costs HAProxy, and how long its visitor waits, with and without a session that is resumed:
 * `npx tsx __tests__/benchmarks/session-resumption.ts [connections]`.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type SecureVersion } from 'node:tls';
import { PEER_HEALTH_PATH, renderHaproxyConfig, type HaproxyConfig } from '../../lib/config/haproxy';
import { resolveLimits } from '../../lib/net/capacity';
import { LOG_DEFAULTS } from '../../lib/net/log-settings';
import { renderUnavailablePage } from '../../lib/config/unavailable-page';
import { certificate, pairFiles, type Pair } from '../helpers/certificate';
import { HAPROXY, haproxyOnLoopback } from '../helpers/loopback';

const PORTS = { http: 18_580, https: 18_543, metrics: 18_504, pair: 18_503 } as unknown as HaproxyConfig['ports'];
/** Of /proc/PID/stat. */
const TICKS_A_SECOND = 100;
const ROUNDS = 3;

const KINDS = {
  'ECDSA P-256': () => certificate('benchmark'),
  'RSA 2048': (): Pair => {
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=benchmark', '-keyout', '-', '-out', '-'];
    // HAProxy takes certificate and key from one file, in any order
    return { certificate: execFileSync('openssl', made, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }), key: '' };
  },
} as const;

function start(folder: string, site: Pair): ChildProcess {
  chmodSync(folder, 0o755);
  const tickets = join(folder, 'tickets');
  mkdirSync(tickets);
  execFileSync(resolve('provisioning/load-balancer/first-ticket-keys'), [tickets]);
  const rendered = renderHaproxyConfig({
    privateAddress: '127.0.0.1',
    ports: PORTS,
    upstreams: [],
    files: folder,
    limits: resolveLimits({}, 1),
    logs: LOG_DEFAULTS,
    tickets,
  });
  const files = {
    ...pairFiles(),
    'site.pem': site.certificate + site.key,
    'unavailable.http': renderUnavailablePage(),
    // Every client as the other load balancer, which HAProxy answers by itself and without limits
    'peer.lst': '127.0.0.0/16\n',
    'haproxy.cfg': haproxyOnLoopback(rendered, folder),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return spawn(HAPROXY, ['-W', '-f', join(folder, 'haproxy.cfg')], { stdio: 'ignore' });
}

/** Of all workers, in seconds. */
function processorTime(master: ChildProcess): number {
  const workers = readFileSync(`/proc/${master.pid}/task/${master.pid}/children`, 'utf8').trim().split(' ');
  return workers.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  }, 0);
}

interface Visit {
  readonly firstByteMs: number;
  readonly resumed: boolean;
  readonly session?: Buffer;
}

function visit(version: SecureVersion, session?: Buffer): Promise<Visit> {
  return new Promise((done, fail) => {
    const begin = performance.now();
    let firstByteMs = 0;
    let resumed = false;
    let newest: Buffer | undefined;
    const versions = { minVersion: version, maxVersion: version };
    const socket = connect({ host: '127.0.0.1', port: PORTS.https, rejectUnauthorized: false, session, ...versions }, () => {
      // A closed socket does not tell
      resumed = socket.isSessionReused();
      socket.write(`GET ${PEER_HEALTH_PATH} HTTP/1.0\r\n\r\n`);
    });
    socket.on('session', (given) => (newest = given));
    socket.on('data', () => (firstByteMs ||= performance.now() - begin));
    socket.on('error', fail);
    socket.on('close', () => done({ firstByteMs, resumed, session: newest }));
  });
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

interface Cost {
  readonly microseconds: number;
  readonly firstByteMs: number;
}

async function measure(haproxy: ChildProcess, version: SecureVersion, resume: boolean, connections: number): Promise<Cost> {
  let { session } = await visit(version);
  const waits: number[] = [];
  const before = processorTime(haproxy);
  for (let count = 0; count < connections; count += 1) {
    const seen = await visit(version, resume ? session : undefined);
    if (seen.resumed !== resume) throw new Error(`${version}: a session was ${resume ? 'not ' : ''}resumed`);
    session = seen.session ?? session;
    waits.push(seen.firstByteMs);
  }
  return { microseconds: ((processorTime(haproxy) - before) / connections) * 1e6, firstByteMs: median(waits) };
}

async function main(connections: number): Promise<void> {
  if (!Number.isInteger(connections) || connections < 1) throw new RangeError('want a number of connections, 1 or more');
  for (const [kind, makeSite] of Object.entries(KINDS)) await compare(kind, makeSite(), connections);
}

async function compare(certificateKind: string, site: Pair, connections: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'session-resumption-'));
  const haproxy = start(folder, site);
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

main(Number(process.argv[2] ?? 1_000)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
