/**
 * How many clients one load balancer can hold: opens TLS connections to the floating IP, keeps all of them busy with a
 * request every ten seconds, and asks for a page from another address meanwhile. Prints figures without a verdict.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { parseArgs } from 'node:util';
import { MOST_ADDRESSES, withAddresses } from '../attacks';
import { summarise } from '../checkers';
import { onMachine, until } from '../faults';
import type { Lab } from '../lab';
import { openDeployedLab } from '../scenarios';
import { topologyOf } from '../scenarios/topology';
import { attempt, now, pause, type Target } from '../traffic';
import type { FromHolder, ToHolder } from './holder';

const USAGE = `Opens many TLS connections to the floating IP and prints what that takes.

  npx lab exec -- npx tsx lab/benchmarks/connections.ts [--connections N] [--seconds N]

  --connections N   default 15000
  --seconds N       how long they are held; default 30
`;

/** Below what one address gets by default when a quarter of all connections is in use (70). */
const CONNECTIONS_PER_ADDRESS = 65;
/** A file, which Nginx answers by itself. */
const PATH = '/favicon.svg';
/** Each process has a limit of open files of its own. */
const CONNECTIONS_PER_PROCESS = 4_500;
const MOST = MOST_ADDRESSES * CONNECTIONS_PER_ADDRESS;

interface Held {
  readonly child: ChildProcess;
  latest: FromHolder;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      connections: { type: 'string', default: '15000' },
      seconds: { type: 'string', default: '30' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const [wanted, seconds] = [Number(values.connections), Number(values.seconds)];
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > MOST)
    throw new RangeError(`--connections is ${values.connections}, want a number from 1 to ${MOST}`);

  const lab = await openDeployedLab();
  await withAddresses(Math.ceil(wanted / CONNECTIONS_PER_ADDRESS), (addresses) => measure(lab, addresses, wanted, seconds));
}

async function measure(lab: Lab, addresses: readonly string[], wanted: number, seconds: number): Promise<void> {
  const holders: Held[] = [];
  try {
    const idle = await balancer(lab);
    const begin = now();
    for (let first = 0; first < wanted; first += CONNECTIONS_PER_PROCESS)
      holders.push(hold(lab.target, addresses, first, Math.min(CONNECTIONS_PER_PROCESS, wanted - first)));
    const tried = async () => sum(holders, 'opened') + sum(holders, 'failed') >= wanted;
    await until('every connection is open or has failed', tried, Infinity, 200);
    const opening = (now() - begin) / 1000;
    say('asked for', `${wanted} connections from ${addresses.length} addresses`);
    say(
      'opened',
      `${sum(holders, 'opened')} in ${opening.toFixed(1)} s, ${Math.round(sum(holders, 'opened') / opening)} handshakes a second`,
    );
    const errors = holders.flatMap(({ latest }) => Object.entries(latest.errors));
    for (const [error, count] of errors) say('', `${count} x ${error}`);

    const page = await pages(lab.target, seconds);
    const held = await balancer(lab);
    say('held', `${sum(holders, 'open')} after ${seconds} s; HAProxy counts ${held.connections} on ${held.name}`);
    say(
      'HAProxy',
      `${held.megabytes} MB of memory, ${idle.megabytes} MB before: ${(((held.megabytes - idle.megabytes) * 1024) / Math.max(1, sum(holders, 'open'))).toFixed(1)} kB a connection`,
    );
    say('meanwhile', `${page.answered} of ${page.asked} pages answered, median ${page.median} ms, 95 % ${page.p95} ms`);
  } finally {
    holders.forEach(({ child }) => child.kill());
  }
}

function hold(target: Target, addresses: readonly string[], first: number, count: number): Held {
  const child = fork(new URL('./holder.ts', import.meta.url), { execArgv: ['--import', 'tsx'] });
  const held: Held = { child, latest: { opened: 0, open: 0, failed: 0, errors: {} } };
  child.on('message', (message: FromHolder) => (held.latest = message));
  const from = Array.from({ length: count }, (_, n) => addresses[Math.floor((first + n) / CONNECTIONS_PER_ADDRESS)]!);
  child.send({ target, path: PATH, from } satisfies ToHolder);
  return held;
}

/** Ten pages a second on new connections, from the address that every other client of the lab has. */
async function pages(target: Target, seconds: number): Promise<{ asked: number; answered: number; median: number; p95: number }> {
  const times: number[] = [];
  let asked = 0;
  for (const end = now() + seconds * 1000; now() < end; asked += 1) {
    const start = now();
    const { answer } = await attempt(target, { method: 'GET', path: '/', totalMilliseconds: 5000 });
    if (answer?.status === 200) times.push(now() - start);
    await pause(100);
  }
  const { median = NaN, p95 = NaN } = summarise(times) ?? {};
  return { asked, answered: times.length, median: Math.round(median), p95: Math.round(p95) };
}

/** HAProxy's own figures on the active load balancer: all its processes, shared pages counted once. */
async function balancer(lab: Lab): Promise<{ name: string; megabytes: number; connections: number }> {
  const name = await topologyOf(lab).activeLoadBalancer();
  const megabytes = Number(
    await onMachine(
      lab,
      name,
      `cat $(pgrep -x haproxy | sed 's|.*|/proc/&/smaps_rollup|') | awk '/^Pss:/ { sum += $2 } END { print int(sum / 1024) }'`,
    ),
  );
  const metrics = `http://$(sed -n 's/^PRIVATE_ADDRESS=//p' /etc/platform/*.env | tail -n 1):$(sed -n 's/^METRICS_PORT=//p' /etc/platform/*.env | tail -n 1)/metrics`;
  const connections = Number(
    await onMachine(
      lab,
      name,
      `curl --silent --fail --max-time 5 "${metrics}" | awk '/^haproxy_process_current_connections / { print $2 }'`,
      20,
    ),
  );
  return { name, megabytes, connections };
}

const sum = (holders: readonly Held[], what: 'opened' | 'open' | 'failed') =>
  holders.reduce((total, { latest }) => total + latest[what], 0);

function say(what: string, figures: string): void {
  console.log(`${what.padEnd(10)} ${figures}`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
