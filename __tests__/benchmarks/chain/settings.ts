/**
 * What single settings of HAProxy and Nginx cost or save, in processor time a request: each variant runs beside the rendered configurations,
 * and the two are loaded in turn, so that other work on the machine falls on both. Prints a table; judges nothing.
 *   npx tsx __tests__/benchmarks/chain/settings.ts [WORDS OF A VARIANT]
 */
import { renderHaproxyConfig } from '../../../lib/config/haproxy';
import { renderNginxConfig } from '../../../lib/config/nginx';
import { Chain, type ChainOptions } from '../../helpers/chain';
import { command } from '../command';
import type { Load } from './load';
import { round } from './round';
import type { Figures } from './table';
import { chainTarget, smallestApplication, type Application } from './targets';

const ROUNDS = 7;
const SECONDS = 2;
const LOADS: readonly (readonly [path: string, load: Load])[] = [
  ['/file.txt', { protocol: 'h1', connections: 'kept' }],
  ['/api/small', { protocol: 'h2', connections: 'kept' }],
];

type Variant = Pick<ChainOptions, 'haproxy' | 'nginx'>;

/** @throws if the text is not there, since the variant would measure nothing */
function changed(text: string, from: string | RegExp, to: string): string {
  const result = text.replace(from, to);
  if (result === text) throw new Error(`${String(from)} is not in the rendered configuration`);
  return result;
}

const haproxy = (from: string | RegExp, to: string): Variant => ({ haproxy: (config) => changed(renderHaproxyConfig(config), from, to) });
const nginx = (from: string | RegExp, to: string): Variant => ({ nginx: (config) => changed(renderNginxConfig(config), from, to) });
const inGlobal = (line: string) => haproxy('global\n', `global\n  ${line}\n`);

const VARIANTS: Readonly<Record<string, Variant>> = {
  'the same once more': {},
  'HAProxy: nbthread 1': inGlobal('nbthread 1'),
  'HAProxy: tune.bufsize 8192': inGlobal('tune.bufsize 8192'),
  'HAProxy: tune.bufsize 32768': inGlobal('tune.bufsize 32768'),
  'HAProxy: http-reuse safe': haproxy('http-reuse always', 'http-reuse safe'),
  'HAProxy: http-reuse aggressive': haproxy('http-reuse always', 'http-reuse aggressive'),
  'HAProxy: tune.idle-pool.shared off': inGlobal('tune.idle-pool.shared off'),
  'HAProxy: pool-max-conn 8': haproxy(/( tcp-ut 600ms)/g, '$1 pool-max-conn 8'),
  'HAProxy: tune.h2.initial-window-size 1048576': inGlobal('tune.h2.initial-window-size 1048576'),
  'Nginx: worker_processes 1': nginx('worker_processes auto', 'worker_processes 1'),
  'Nginx: multi_accept off': nginx('multi_accept on', 'multi_accept off'),
  'Nginx: tcp_nopush off': nginx('tcp_nopush on', 'tcp_nopush off'),
  'Nginx: keepalive 16': nginx('keepalive 64;', 'keepalive 16;'),
};

/** Of HAProxy and Nginx together, in microseconds a request. */
const cost = ({ processorTime }: Figures) => processorTime.HAProxy! + processorTime.Nginx!;

const middle = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

async function compared(variant: Variant, { port, pids }: Application): Promise<string[]> {
  const apps = [port];
  const ours = await Chain.start({ apps, webServers: 1 });
  const other = await Chain.start({ apps, webServers: 1, ...variant });
  try {
    const cells = [];
    for (const [path, load] of LOADS) {
      const costs: { ours: number; other: number }[] = [];
      for (let count = 0; count < ROUNDS; count += 1) {
        const one = async (chain: Chain) => cost(await round(chainTarget(chain, pids), path, load, SECONDS));
        // Each is the first one in every second round
        if (count % 2 === 0) costs.push({ ours: await one(ours), other: await one(other) });
        else costs.unshift({ other: await one(other), ours: await one(ours) });
      }
      const ratios = costs.map((each) => each.other / each.ours).sort((a, b) => a - b);
      cells.push(
        `${middle(costs.map((each) => each.ours))}, ${middle(costs.map((each) => each.other))}`,
        `${middle(ratios).toFixed(2)} (${ratios.at(1)!.toFixed(2)} to ${ratios.at(-2)!.toFixed(2)})`,
      );
    }
    return cells;
  } finally {
    await Promise.all([ours.stop(), other.stop()]);
  }
}

async function main(words: string): Promise<void> {
  const app = await smallestApplication();
  const loads = LOADS.flatMap(([path, { protocol }]) => [`${path}, ${protocol}, µs of HAProxy and Nginx: ours, variant`, 'ratio']);
  for (const cells of [['variant', ...loads], ['variant', ...loads].map(() => '---')]) process.stdout.write(`| ${cells.join(' | ')} |\n`);
  try {
    for (const [name, variant] of Object.entries(VARIANTS).filter(([each]) => each.includes(words)))
      process.stdout.write(`| ${name} | ${(await compared(variant, app)).join(' | ')} |\n`);
  } finally {
    await app.stop();
  }
}

command(() => main(process.argv[2] ?? ''));
