import { PRICES_FROM } from '../../lib/hetzner/server-types';
import { TIERS } from '../../lib/net/address-plan';
import type { Environment } from '../environment/stack';
import { capacityOf, ofTier, TIER_OF, USED_SHARE, type Capacity, type Planned } from './capacity';
import type { Costs, Part } from './costs';
import { nextSteps, type Step } from './steps';

export interface CapacityReport extends Capacity {
  readonly environment: string;
  /** Of the processors, how much is reckoned with. */
  readonly usedShare: number;
  readonly steps: readonly Step[];
  readonly measured: Costs['measured'];
}

export function reportOn(environment: Environment & Planned, costs: Costs): CapacityReport {
  return {
    environment: environment.name,
    usedShare: USED_SHARE,
    ...capacityOf(environment, costs),
    steps: nextSteps(environment, costs),
    measured: costs.measured,
  };
}

const ENDS: Readonly<Record<Part, string>> = {
  lb: 'processors of the active load balancer',
  web: 'processors of the web servers',
  app: 'one core of each app server: Node is one process',
  readers: 'processors of the members, all of which answer reads',
  primary: 'processors of the PRIMARY',
};
const LABEL_COLUMNS = 22;
const NUMBER_COLUMNS = 12;
/** For an example of what the included traffic is enough for. */
const ANSWER_BYTES = 10_000;

/** Lines for people. */
export function renderCapacity(report: CapacityReport, environment: Environment): string[] {
  const { connections, traffic } = report;
  return [
    `What ${report.environment} bears, by ${Math.round(report.usedShare * 100)} % of its processors: ${servers(environment)}`,
    '',
    row('', 'a second', 'one lost', 'ends first at'),
    ...report.requests.map(({ request, perSecond, withOneLost, endsAt }) =>
      row(request, count(perSecond), count(withOneLost), `${TIER_OF[endsAt]}: ${ENDS[endsAt]}`),
    ),
    row('new connections', count(connections.newPerSecond), count(connections.newPerSecond), `lb: ${ENDS.lb}, for handshakes`),
    row('kept connections', count(connections.kept), count(connections.kept), connectionsEnd(connections)),
    ...(traffic ? [trafficLine(traffic)] : ['traffic: what is included in this location is not known here; Hetzner’s console has it']),
    '',
    `Next steps, EUR a month net without volumes (${PRICES_FROM}; npx platform doctor asks for today's):`,
    ...report.steps.map(stepLine),
    '',
    'Measured on:',
    ...report.measured.map(({ what, machine, commit }) => `  ${what}: ${machine} (${commit})`),
    "Hetzner's processors and disks were not measured: on a server of the type that you think of, make bench KEEP=1 puts its figures in place of these.",
  ];
}

const row = (label: string, first: string, second: string, rest: string): string =>
  `${label.padEnd(LABEL_COLUMNS)}${first.padStart(NUMBER_COLUMNS)}${second.padStart(NUMBER_COLUMNS)}   ${rest}`;

const count = (value: number): string => value.toLocaleString('en');

function servers(environment: Environment): string {
  const tiers = TIERS.map((tier) => {
    const of = ofTier(environment, tier);
    return `${tier} ${of.length} x ${[...new Set(of.map(({ serverType }) => serverType))].join(' and ')}`;
  });
  return tiers.join(', ');
}

function connectionsEnd({ endsAt, byMemory, limit }: Capacity['connections']): string {
  return endsAt === 'limit'
    ? `lb: the setting loadBalancers.limits.connections; its memory has room for ${count(byMemory)}`
    : `lb: memory of the load balancer; the setting loadBalancers.limits.connections allows ${count(limit)}`;
}

function trafficLine({ includedBytes, averageBitsPerSecond }: NonNullable<Capacity['traffic']>): string {
  const [terabytes, megabits] = [includedBytes / 1024 ** 4, averageBitsPerSecond / 1e6];
  const answers = Math.floor(averageBitsPerSecond / 8 / ANSWER_BYTES);
  return `traffic: ${terabytes} TB a month are included, ${megabits.toFixed(0)} Mbit/s all month long: ${count(answers)} answers of 10 kB a second on average. Hetzner does not publish how fast a server's line is`;
}

function stepLine({ setting, euros, then }: Step): string {
  const cost = euros === undefined ? 'price not known here' : `+${euros.toFixed(2)}`;
  const bears = then.map(({ request, perSecond, endsAt }) => `${request} ${count(perSecond)}, then ends at ${TIER_OF[endsAt]}`).join('; ');
  return `  ${setting.padEnd(34)}${cost.padStart(8)}   ${bears}`;
}
