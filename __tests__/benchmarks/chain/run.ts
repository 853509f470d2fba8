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
import { CADDY } from './caddy';
import { fillLatencyTable, latencyTable, type Latency, type LatencyMeasurement } from './latency';
import type { Load } from './load';
import { inTurn, round, ROUNDS } from './round';
import { chainTables, fillChainTable, WAYS, type ChainMeasurement, type Figures, type Way } from './table';
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
const WARM_UP: Load = { protocol: 'h1', connections: 'kept' };
const WARM_UP_SECONDS = 1;
const LOADS: readonly Load[] = [
  WARM_UP,
  { protocol: 'h1', connections: 'new' },
  { protocol: 'h2', connections: 'kept' },
  { protocol: 'h2', connections: 'new' },
];

interface Measured {
  readonly speeds: ChainMeasurement[];
  readonly latencies: LatencyMeasurement[];
}

class ChainBenchmark implements Measured {
  readonly speeds: ChainMeasurement[] = [];
  readonly latencies: LatencyMeasurement[] = [];

  constructor(private readonly seconds: number) {}

  async measureAll(starting: Promise<Application>): Promise<void> {
    const app = await starting;
    try {
      await withTargets(app, async (targets) => {
        for (const kind of app.kinds) await this.#measure(kind, targets(kind));
      });
    } finally {
      await app.stop();
    }
  }

  async #measure(kind: Kind, targets: Targets): Promise<void> {
    await requireSameAnswers(targets, kind.path);
    for (const way of WAYS) await round(targets[way], kind.path, WARM_UP, WARM_UP_SECONDS);
    for (const load of LOADS) this.speeds.push(await this.#speed(kind, load, targets));
    this.latencies.push(await this.#latency(kind, targets));
  }

  async #speed({ what, path }: Kind, load: Load, targets: Targets): Promise<ChainMeasurement> {
    say(`${what}, ${load.protocol}, ${load.connections} connections`);
    const ways = WAYS.filter((way) => load.protocol === 'h1' || way !== 'bare');
    const once = (way: Way) => round(targets[way], path, load, this.seconds);
    return {
      what: `${what}, ${load.protocol}, ${load.connections} connections`,
      ...(await inTurn(ways, once, (figures: Figures) => figures.requestsPerSecond)),
      rounds: ROUNDS,
      ...circumstances(...programs()),
    };
  }

  async #latency({ what, path }: Kind, targets: Targets): Promise<LatencyMeasurement> {
    say(`${what}, ${PER_SECOND} requests a second`);
    const once = async (way: Way): Promise<Latency> => {
      const { requestsPerSecond, median, p99 } = await paced({
        url: targets[way].origin + path,
        host: 'www.example.test',
        seconds: this.seconds,
      });
      return { requestsPerSecond, median, p99 };
    };
    return {
      what,
      pace: PER_SECOND,
      ...(await inTurn(WAYS, once, (latency) => latency.median)),
      seconds: this.seconds,
      rounds: ROUNDS,
      ...circumstances(...programs()),
    };
  }
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
  const benchmark = new ChainBenchmark(seconds);
  await benchmark.measureAll(smallestApplication());
  if (root !== undefined) await benchmark.measureAll(sampleApplication(root));
  else process.stdout.write(`no database page: ${NO_MYSQLD}\n`);
  process.stdout.write(`${chainTables(benchmark.speeds)}\n${latencyTable(benchmark.latencies)}`);
  if (kept) keep(benchmark);
}

command(main);
