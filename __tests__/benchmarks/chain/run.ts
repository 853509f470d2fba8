/**
 * How fast HAProxy, Nginx and Node are on loopback with the rendered configurations, beside a plain pair of configurations, beside Caddy,
 * and bare: all of them run, and are loaded in turn. Then how long answers take at 500 requests a second. Prints figures and ratios;
 * judges nothing. The page of the sample application needs root and a mysqld, as app/run.ts does.
 *   make bench EACH=3 KEEP=1
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { HAPROXY, NGINX } from '../../helpers/loopback';
import { mysqlRoot } from '../../helpers/mysqld';
import { NO_MYSQLD } from '../app/sample';
import { circumstances, requireCommitted } from '../circumstances';
import { command, secondsEach } from '../command';
import { paced, PER_SECOND } from '../paced';
import { whileRunning } from '../running';
import { CADDY } from './caddy';
import { fillLatencyTable, latencyTable, type Latency, type LatencyMeasurement } from './latency';
import type { Load } from './load';
import { fillReadme } from './readme';
import { inTurn, round, ROUNDS } from './round';
import { chainTables, fillChainTable, WAYS, type ChainMeasurement, type Way } from './table';
import {
  requireSameAnswers,
  sampleApplication,
  smallestApplication,
  withTargets,
  type Application,
  type Kind,
  type Targets,
} from './targets';

const KEPT = 'docs/measurements/chain.json';
const LATENCY_KEPT = 'docs/measurements/latency.json';
const DOCUMENT = 'docs/capacity.md';
const README = 'README.md';
const WARM_UP: Load = { protocol: 'h1', connections: 'kept' };
const WARM_UP_SECONDS = 1;
const LOADS: readonly Load[] = [
  WARM_UP,
  { protocol: 'h1', connections: 'new' },
  { protocol: 'h2', connections: 'kept' },
  { protocol: 'h2', connections: 'new' },
];

interface Measured {
  readonly speeds: readonly ChainMeasurement[];
  readonly latencies: readonly LatencyMeasurement[];
}

/** All that an application is asked for. */
async function measured(app: Application, seconds: number): Promise<Measured> {
  const [speeds, latencies]: [ChainMeasurement[], LatencyMeasurement[]] = [[], []];
  const common = { rounds: ROUNDS, ...circumstances(...programs(), ...app.programs) };
  await withTargets(app, async (targetsOf) => {
    for (const kind of app.kinds) {
      const targets = targetsOf(kind);
      await requireSameAnswers(targets, kind.path);
      for (const way of WAYS) await round(targets[way], kind.path, WARM_UP, WARM_UP_SECONDS);
      for (const load of LOADS) {
        const what = `${kind.what}, ${load.protocol}, ${load.connections} connections`;
        say(what);
        speeds.push({ what, ...(await speed(kind, load, targets, seconds)), ...common });
      }
      say(`${kind.what}, ${PER_SECOND} requests a second`);
      latencies.push({ what: kind.what, pace: PER_SECOND, seconds, ...(await latency(kind, targets, seconds)), ...common });
    }
  });
  return { speeds, latencies };
}

function speed({ path }: Kind, load: Load, targets: Targets, seconds: number): Promise<Pick<ChainMeasurement, Way>> {
  const ways = WAYS.filter((way) => load.protocol === 'h1' || way !== 'bare');
  return inTurn(
    ways,
    (way) => round(targets[way], path, load, seconds),
    ({ requestsPerSecond }) => requestsPerSecond,
  );
}

function latency({ path }: Kind, targets: Targets, seconds: number): Promise<Record<Way, Latency>> {
  const once = async (way: Way): Promise<Latency> => {
    const { requestsPerSecond, median, p99 } = await paced({ url: targets[way].origin + path, host: 'www.example.test', seconds });
    return { requestsPerSecond, median, p99 };
  };
  return inTurn(WAYS, once, ({ median }) => median);
}

const say = (line: string) => void process.stderr.write(`${line} ...\n`);

function programs(): string[] {
  const version = (program: string, ...words: string[]) =>
    execFileSync('sh', ['-c', '"$@" 2>&1', '-', program, ...words], { encoding: 'utf8' }).match(/\d+\.\d+/)?.[0];
  return [
    `HAProxy ${version(HAPROXY, '-v')}`,
    `Nginx ${version(NGINX, '-v')}`,
    `Caddy ${version(CADDY, 'version')}`,
    `Node ${process.versions.node.split('.')[0]}`,
  ];
}

function keep({ speeds, latencies }: Measured): void {
  const lines = (measurements: readonly object[]) => `[\n${measurements.map((each) => `  ${JSON.stringify(each)}`).join(',\n')}\n]\n`;
  writeFileSync(KEPT, lines(speeds));
  writeFileSync(LATENCY_KEPT, lines(latencies));
  writeFileSync(README, fillReadme(readFileSync(README, 'utf8'), speeds, latencies));
  writeFileSync(DOCUMENT, fillLatencyTable(fillChainTable(readFileSync(DOCUMENT, 'utf8'), speeds), latencies));
}

async function main(): Promise<void> {
  const seconds = secondsEach();
  const kept = process.env['KEEP'] === '1';
  if (kept) requireCommitted();
  if (!existsSync(CADDY)) throw new Error(`${CADDY} is missing: run lab/setup.sh bench, or name another Caddy (CADDY)`);
  const root = mysqlRoot();
  if (root === undefined && kept)
    throw new Error(`the database page cannot be measured, so that KEEP=1 would lose its figures: ${NO_MYSQLD}`);
  const results: Measured[] = [];
  await whileRunning(async (started) => {
    // Both before the first round: what cannot start is told at once, and idle they cost nothing
    const applications = [await started(smallestApplication())];
    if (root !== undefined) applications.push(await started(sampleApplication(root)));
    for (const app of applications) results.push(await measured(app, seconds));
  });
  const all = { speeds: results.flatMap(({ speeds }) => speeds), latencies: results.flatMap(({ latencies }) => latencies) };
  process.stdout.write(`${chainTables(all.speeds)}\n${latencyTable(all.latencies)}`);
  if (root === undefined) process.stdout.write(`no database page: ${NO_MYSQLD}\n`);
  if (kept) keep(all);
}

command(main);
