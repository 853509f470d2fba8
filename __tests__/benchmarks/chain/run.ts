/**
 * How fast HAProxy, Nginx and Node are on loopback with the rendered configurations, beside a plain pair of configurations: both
 * chains run, and are loaded in turn. Prints figures and ratios; judges nothing.
 *   make bench EACH=3 KEEP=1
 */
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { Chain } from '../../helpers/chain';
import { HAPROXY, NGINX } from '../../helpers/loopback';
import { circumstances, requireCommitted } from '../circumstances';
import { command, secondsEach } from '../command';
import type { Load } from './load';
import { plainHaproxy, plainNginx } from './plain';
import { round } from './round';
import { chainTable, fillChainTable, type ChainMeasurement, type Figures } from './table';

const ROUNDS = 3;
const KEPT = 'docs/measurements/chain.json';
const DOCUMENT = 'docs/capacity.md';
const PATHS = { 'static file': '/file.txt', 'small answer of Node': '/api/small' } as const;
const LOADS: readonly Load[] = [
  { protocol: 'h1', connections: 'kept' },
  { protocol: 'h1', connections: 'new' },
  { protocol: 'h2', connections: 'kept' },
  { protocol: 'h2', connections: 'new' },
];

const middle = (rounds: readonly Figures[]): Figures =>
  [...rounds].sort((a, b) => a.requestsPerSecond - b.requestsPerSecond)[Math.floor(rounds.length / 2)]!;

async function measured(seconds: number): Promise<readonly ChainMeasurement[]> {
  const app = fork('__tests__/benchmarks/chain/app.ts', { execArgv: ['--import', 'tsx'] });
  const [port] = (await once(app, 'message')) as [number];
  const ours = await Chain.start({ apps: [port], webServers: 1 });
  const plain = await Chain.start({ apps: [port], webServers: 1, haproxy: plainHaproxy, nginx: plainNginx });
  try {
    const measurements = [];
    for (const [name, path] of Object.entries(PATHS)) {
      for (const load of LOADS) {
        const rounds: { ours: Figures; plain: Figures }[] = [];
        for (let count = 0; count < ROUNDS; count += 1)
          rounds.push({ ours: await round(ours, app.pid!, path, load, seconds), plain: await round(plain, app.pid!, path, load, seconds) });
        measurements.push({
          what: `${name}, ${load.protocol}, ${load.connections} connections`,
          ours: middle(rounds.map((each) => each.ours)),
          plain: middle(rounds.map((each) => each.plain)),
          rounds: ROUNDS,
          ...circumstances(...programs()),
        });
      }
    }
    return measurements;
  } finally {
    await Promise.all([ours.stop(), plain.stop()]);
    app.kill();
  }
}

function programs(): string[] {
  const version = (program: string) =>
    execFileSync('sh', ['-c', '"$1" -v 2>&1', '-', program], { encoding: 'utf8' }).match(/\d+\.\d+/)?.[0];
  return [`HAProxy ${version(HAPROXY)}`, `Nginx ${version(NGINX)}`, `Node ${process.versions.node.split('.')[0]}`];
}

function keep(measurements: readonly ChainMeasurement[]): void {
  writeFileSync(KEPT, `[\n${measurements.map((each) => `  ${JSON.stringify(each)}`).join(',\n')}\n]\n`);
  writeFileSync(DOCUMENT, fillChainTable(readFileSync(DOCUMENT, 'utf8'), measurements));
}

async function main(): Promise<void> {
  const seconds = secondsEach();
  const kept = process.env['KEEP'] === '1';
  if (kept) requireCommitted();
  const measurements = await measured(seconds);
  process.stdout.write(chainTable(measurements));
  if (kept) keep(measurements);
}

command(main);
