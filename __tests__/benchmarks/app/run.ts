/**
 * What requests cost in the sample application and in MySQL: the bundled application and a real mysqld on loopback, loaded by 64 kept
 * connections. Then where Node's time goes for a page, by its own profiler. Prints figures; judges nothing. Needs root, and a mysqld:
 * MYSQL_ROOT, this machine's, or that of a lab that runs here.
 *   npx tsx __tests__/benchmarks/app/run.ts
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { RowDataPacket } from 'mysql2';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../lab/faults';
import { bundleProgram } from '../../../lib/build/bundle';
import { Mysqld, mysqlRoot } from '../../helpers/mysqld';
import { processorTime } from '../chain/load';
import { circumstances, requireCommitted } from '../circumstances';
import { command, secondsEach } from '../command';
import { paced } from '../paced';
import { partsOf, profileSchema } from './profile';
import { NO_MYSQLD, Sample } from './sample';
import { appTables, fillAppTable, type AppMeasurement, type AppRequest } from './table';

const ROUNDS = 5;
/** Node compiles what is used often, and writes are slow. */
const WARM_UP_SECONDS = 5;
const COUNTED = 50;
const QUIET_MS = 500;
const PATIENCE_MS = 60_000;
const KEPT = 'docs/measurements/app.json';
const DOCUMENT = 'docs/capacity.md';

interface Kind {
  readonly what: string;
  readonly path: string;
  readonly writes?: boolean;
}

const PAGE: Kind = { what: 'database page', path: '/api/notes' };
/** The writes first: a page shows 50 notes. */
const KINDS: readonly Kind[] = [
  { what: 'write', path: '/api/notes', writes: true },
  PAGE,
  { what: 'one note', path: '/api/notes/1' },
  { what: 'small answer of Node', path: '/healthz' },
];

let writes = 0;

function ask(sample: Sample, { path, writes: isWrite }: Kind, seconds: number): Promise<{ requests: number; requestsPerSecond: number }> {
  writes += 1;
  return paced({
    url: sample.url(path),
    host: 'app',
    seconds,
    pace: 'full',
    ...(isWrite && { writes: `benchmark-${process.pid}-${writes}` }),
  });
}

/** To MySQL, by one request after another, when what the load has left under way is done. */
async function statements(mysqld: Mysqld, sample: Sample, { path, writes: isWrite }: Kind): Promise<number> {
  const headers = (number: number) => ({ 'Content-Type': 'application/json', 'Idempotency-Key': `counted-${process.pid}-${number}` });
  await until('MySQL has nothing to do', () => isQuiet(mysqld), PATIENCE_MS);
  const asked = await questions(mysqld);
  for (let number = 0; number < COUNTED; number += 1)
    await fetch(sample.url(path), isWrite ? { method: 'POST', headers: headers(number), body: '{"text":"counted"}' } : {});
  // The last reading counts itself
  return ((await questions(mysqld)) - asked - 1) / COUNTED;
}

/** Nobody but who asks this has asked for a while. */
async function isQuiet(mysqld: Mysqld): Promise<boolean> {
  const asked = await questions(mysqld);
  await sleep(QUIET_MS);
  return (await questions(mysqld)) === asked + 1;
}

async function questions(mysqld: Mysqld): Promise<number> {
  const [[row]] = await mysqld.asRoot((connection) => connection.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Questions'"));
  return Number(row?.['Value']);
}

async function round(mysqld: Mysqld, sample: Sample, kind: Kind, seconds: number): Promise<Omit<AppRequest, 'statements'>> {
  const used = () => [processorTime(sample.process.pid!), processorTime(mysqld.pid)] as const;
  const [node, mysql] = used();
  const { requests, requestsPerSecond } = await ask(sample, kind, seconds);
  const [nodeAfter, mysqlAfter] = used();
  return {
    what: kind.what,
    requestsPerSecond,
    node: Math.round((nodeAfter - node) / requests),
    mysql: Math.round((mysqlAfter - mysql) / requests),
  };
}

async function costs(mysqld: Mysqld, seconds: number): Promise<readonly AppRequest[]> {
  const sample = await Sample.start(mysqld);
  try {
    const middles: AppRequest[] = [];
    for (const kind of KINDS) {
      await ask(sample, kind, WARM_UP_SECONDS);
      const rounds: Omit<AppRequest, 'statements'>[] = [];
      for (let count = 0; count < ROUNDS; count += 1) rounds.push(await round(mysqld, sample, kind, seconds));
      const middle = rounds.sort((a, b) => a.node - b.node)[Math.floor(ROUNDS / 2)]!;
      middles.push({ ...middle, statements: await statements(mysqld, sample, kind) });
    }
    return middles;
  } finally {
    await sample.stop();
  }
}

/** Shares of a page, in a process of its own: a profiler costs time. */
async function profiled(mysqld: Mysqld, seconds: number): Promise<Readonly<Record<string, number>>> {
  const sample = await Sample.start(mysqld, { profiled: true });
  await ask(sample, PAGE, seconds * ROUNDS);
  await sample.stop();
  const [file] = readdirSync(sample.profiles);
  if (file === undefined) throw new Error('node has written no profile');
  return partsOf(profileSchema.parse(JSON.parse(readFileSync(join(sample.profiles, file), 'utf8'))), bundleProgram('app/server.ts'));
}

async function measured(root: string, seconds: number): Promise<AppMeasurement> {
  const mysqld = await Mysqld.start(root);
  try {
    const requests = await costs(mysqld, seconds);
    const page = requests.find(({ what }) => what === PAGE.what)!.node;
    const shares = Object.entries(await profiled(mysqld, seconds));
    return {
      requests,
      rounds: ROUNDS,
      parts: Object.fromEntries(shares.map(([part, share]) => [part, Math.round(share * page)])),
      ...circumstances(`MySQL ${await mysqld.version()}`, `Node ${process.versions.node.split('.')[0]}`),
    };
  } finally {
    await mysqld.stop();
  }
}

async function main(): Promise<void> {
  const seconds = secondsEach();
  const root = mysqlRoot();
  if (root === undefined) {
    process.stdout.write(`${NO_MYSQLD}; skipped\n`);
    return;
  }
  const keep = process.env['KEEP'] === '1';
  if (keep) requireCommitted();
  const measurement = await measured(root, seconds);
  process.stdout.write(appTables(measurement));
  if (!keep) return;
  writeFileSync(KEPT, `${JSON.stringify(measurement, null, 2)}\n`);
  writeFileSync(DOCUMENT, fillAppTable(readFileSync(DOCUMENT, 'utf8'), measurement));
}

command(main);
