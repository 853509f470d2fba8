/**
 * What requests cost on the lab, through all machines and bare: 500 a second of each kind, in turn. Prints the time that answers take,
 * and the processor time of each program; judges nothing. In a lab that is deployed and has nothing else to do:
 *   npx lab exec -- npx tsx __tests__/benchmarks/lab/run.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { withAddresses } from '../../../lab/attacks';
import type { Lab, LabMachine, Tier } from '../../../lab/lab';
import { processorTimeOfUnits } from '../../../lab/machines/cgroups';
import { run } from '../../../lab/machines/command';
import { openDeployedLab } from '../../../lab/scenarios';
import { topologyOf } from '../../../lab/scenarios/topology';
import { now, pause } from '../../../lab/traffic';
import { measuredCosts } from '../../../platform/capacity/measured';
import { circumstances, requireCommitted } from '../circumstances';
import { command } from '../command';
import { paced, type Paced } from '../paced';
import { fillLabTable, labTable, reckoned, usedByRequests, WAYS, type LabFigures, type LabMeasurement, type Way } from './table';

const USAGE = `Measures 500 requests a second through the platform and past it.

  npx lab exec -- npx tsx __tests__/benchmarks/lab/run.ts [--seconds N] [--rounds N] [--keep]

  --seconds N   of each round; default 10
  --rounds N    the one with the middle median counts; default 3
  --keep        into docs/measurements/lab.json and docs/capacity.md, with commit and machine
`;

const KEPT = 'docs/measurements/lab.json';
const DOCUMENT = 'docs/capacity.md';
const WARM_UP_SECONDS = 2;
const IDLE_SECONDS = 20;
/** One address may ask 200 times a second. */
const ADDRESSES = 8;

interface Kind {
  readonly what: string;
  readonly path: string;
  readonly writes?: boolean;
  /** Whom `bare` asks, and from where: who may, by the firewall of the hosts. */
  readonly bare: { readonly from: Tier; readonly to: Tier; readonly port: number };
}

const FROM_WEB = { from: 'web', to: 'app', port: 3000 } as const;
/** The writes first: a page shows 50 notes. */
const KINDS: readonly Kind[] = [
  { what: 'write', path: '/api/notes', writes: true, bare: FROM_WEB },
  { what: 'database page', path: '/api/notes', bare: FROM_WEB },
  { what: 'small answer of Node', path: '/healthz', bare: FROM_WEB },
  { what: 'static file', path: '/favicon.svg', bare: { from: 'lb', to: 'web', port: 80 } },
];

interface Measured extends LabFigures {
  readonly way: Way;
}

class LabBenchmark {
  #idlePerSecond: ReadonlyMap<string, number> = new Map();
  #writes = 0;

  constructor(
    private readonly lab: Lab,
    private readonly machines: readonly LabMachine[],
    private readonly activeLoadBalancer: string,
  ) {}

  static async open(): Promise<LabBenchmark> {
    const lab = await openDeployedLab();
    const topology = topologyOf(lab);
    const problems = await topology.problems();
    if (problems.length > 0) throw new Error(`the lab is not healthy, and would not be measured: ${problems.join('; ')}`);
    return new LabBenchmark(lab, await lab.machines(), await topology.activeLoadBalancer());
  }

  /** Address that visitors connect to. */
  get site(): string {
    return this.lab.target.address;
  }

  async measureIdle(): Promise<void> {
    const before = await this.#used();
    await pause(IDLE_SECONDS * 1000);
    const after = await this.#used();
    this.#idlePerSecond = new Map([...after].map(([program, used]) => [program, (used - (before.get(program) ?? 0)) / IDLE_SECONDS]));
  }

  async measure(kind: Kind, rounds: number, seconds: number): Promise<Pick<LabMeasurement, Way>> {
    const measured: Measured[] = [];
    for (const way of WAYS) await this.#ask(kind, way, WARM_UP_SECONDS);
    for (let round = 0; round < rounds; round += 1)
      for (const way of WAYS) measured.push({ way, ...(await this.#round(kind, way, seconds)) });
    return { chain: middle(measured, 'chain'), bare: middle(measured, 'bare') };
  }

  async #round(kind: Kind, way: Way, seconds: number): Promise<LabFigures> {
    const [before, begin] = [await this.#used(), now()];
    const { requests, requestsPerSecond, median, p99 } = await this.#ask(kind, way, seconds);
    const [after, took] = [await this.#used(), (now() - begin) / 1000];
    const processorTime = usedByRequests(before, after, { seconds: took, idlePerSecond: this.#idlePerSecond, requests });
    return { requestsPerSecond, median, p99, processorTime };
  }

  async #ask({ path, writes, bare }: Kind, way: Way, seconds: number): Promise<Paced> {
    const { address, host } = this.lab.target;
    this.#writes += 1;
    const common = { host, seconds, ...(writes && { writes: `benchmark-${Date.now()}-${this.#writes}` }) };
    if (way === 'chain') return paced({ ...common, url: `https://${address}${path}` });
    const to = this.#oneOf(bare.to);
    const from = bare.from === 'lb' ? this.activeLoadBalancer : this.#oneOf(bare.from).name;
    const network = ['nsenter', `--target=${await this.lab.initPid(from)}`, '--net', '--'];
    return paced({ ...common, url: `http://${to.privateAddress}:${bare.port}${path}`, from: network });
  }

  #oneOf(tier: Tier): LabMachine {
    return this.machines.find((machine) => machine.tier === tier)!;
  }

  /** Of each program since its start, all machines of a tier together, in microseconds. */
  async #used(): Promise<ReadonlyMap<string, number>> {
    const sums = new Map<string, number>();
    for (const { id, tier } of this.machines)
      for (const [unit, used] of await processorTimeOfUnits(this.lab.name, `m-${id}`)) {
        const program = `${tier} ${unit}`;
        sums.set(program, (sums.get(program) ?? 0) + used);
      }
    return sums;
  }
}

function middle(measured: readonly Measured[], way: Way): LabFigures {
  const sorted = measured.filter((each) => each.way === way).sort((a, b) => a.median - b.median);
  const { requestsPerSecond, median, p99, processorTime } = sorted[Math.floor(sorted.length / 2)]!;
  return { requestsPerSecond, median, p99, processorTime };
}

/** Connections of this namespace to the site come from each of the addresses in turn: wrk cannot choose, and one address has its limits. */
async function fromManyAddresses<T>(site: string, use: () => Promise<T>): Promise<T> {
  return withAddresses(ADDRESSES, async (addresses) => {
    const choice = addresses.map((address, number) => `${number} : ${address}`).join(', ');
    await run(['nft', '-f', '-'], {
      input: `table ip benchmark {
  chain postrouting {
    type nat hook postrouting priority srcnat
    ip daddr ${site} tcp dport 443 snat to numgen inc mod ${ADDRESSES} map { ${choice} }
  }
}
`,
    });
    try {
      return await use();
    } finally {
      await run(['nft', 'delete', 'table', 'ip', 'benchmark']);
    }
  });
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`--${option} is ${text}, want a whole number from 1 on`);
  return value;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '3' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const [seconds, rounds] = [wholeNumber('seconds', values.seconds), wholeNumber('rounds', values.rounds)];
  if (values.keep) requireCommitted();
  const benchmark = await LabBenchmark.open();
  await benchmark.measureIdle();
  const measurements: LabMeasurement[] = [];
  await fromManyAddresses(benchmark.site, async () => {
    for (const kind of KINDS) {
      process.stderr.write(`${kind.what} ...\n`);
      const figures = await benchmark.measure(kind, rounds, seconds);
      measurements.push({ what: kind.what, ...figures, seconds, rounds, ...circumstances() });
    }
  });
  process.stdout.write(labTable(measurements));
  process.stdout.write(
    `\nWhat npx platform capacity reckons with / what was used here, µs:\n${reckoned(measurements, measuredCosts()).join('\n')}\n`,
  );
  if (!values.keep) return;
  writeFileSync(KEPT, `[\n${measurements.map((each) => `  ${JSON.stringify(each)}`).join(',\n')}\n]\n`);
  writeFileSync(DOCUMENT, fillLabTable(readFileSync(DOCUMENT, 'utf8'), measurements));
}

command(main);
