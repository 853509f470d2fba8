import { expect, test } from 'vitest';
import { capacityOf, type Planned } from '../../../platform/capacity/capacity';
import { costsOf, type Costs } from '../../../platform/capacity/costs';
import { renderCapacity, reportOn } from '../../../platform/capacity/report';
import { nextSteps } from '../../../platform/capacity/steps';
import type { Environment, PlannedServer } from '../../../platform/environment/stack';
import type { Tier } from '../../../lib/net/address-plan';
import { ENVIRONMENT } from '../doctor/healthy';

const measured = { commit: 'abcdef0', machine: 'AMD EPYC, 2 cores' };
const COSTS: Costs = {
  requests: {
    'static file': { lb: 70, web: 35 },
    'small answer': { lb: 100, web: 70, app: 60 },
    'database page': { lb: 100, web: 70, app: 350, readers: 280 },
    write: { lb: 100, web: 70, app: 350, primary: 1_400 },
  },
  newConnection: 700,
  kilobytesPerConnection: 40,
  measured: [{ what: 'the chain', ...measured }],
};

interface Tiers {
  readonly web?: number;
  readonly app?: number;
  readonly mysql?: number;
  readonly type?: string;
  readonly location?: string;
  readonly connections?: number;
}

function environment({ web = 2, app = 2, mysql = 3, type = 'cx23', location = 'fsn1', connections = 20_000 }: Tiers = {}): Environment &
  Planned {
  const of = (tier: Tier, count: number): PlannedServer[] =>
    Array.from({ length: count }, (_, n) => ({ ...ENVIRONMENT.servers[0]!, name: `${tier}-${n + 1}`, tier, serverType: type, location }));
  return { ...ENVIRONMENT, connections, servers: [...of('lb', 2), ...of('web', web), ...of('app', app), ...of('mysql', mysql)] };
}

const bearing = (planned: Planned, request: string) => capacityOf(planned, COSTS).requests.find((each) => each.request === request);

test('one load balancer works at a time, so that its processors end static files, also while the other is lost', () => {
  // 2 cores, 70 %: 1.4 s of processor time a second
  expect(bearing(environment({ web: 20 }), 'static file')).toEqual({
    request: 'static file',
    perSecond: 20_000,
    withOneLost: 20_000,
    endsAt: 'lb',
  });
});

test('Node computes on one core, so that an app server of sixteen bears as many pages as one of two', () => {
  expect(bearing(environment(), 'database page')).toMatchObject({ perSecond: 4_000, withOneLost: 2_000, endsAt: 'app' });
  expect(bearing(environment({ type: 'cx53' }), 'database page')).toMatchObject({ perSecond: 4_000, endsAt: 'app' });
});

test('all members answer reads, and one of them writes', () => {
  expect(bearing(environment({ app: 20, mysql: 1 }), 'database page')).toMatchObject({
    perSecond: 5_000,
    endsAt: 'readers',
    withOneLost: 0,
  });
  expect(bearing(environment({ mysql: 3 }), 'write')).toMatchObject({ perSecond: 1_000, withOneLost: 1_000, endsAt: 'primary' });
  expect(bearing(environment({ mysql: 9 }), 'write')).toMatchObject({ perSecond: 1_000 });
});

test('of servers of several types in the pair or the group the smallest counts, because it may be the one that works', () => {
  const mixed = environment();
  const servers = mixed.servers.map((server) => (server.name === 'lb-1' ? { ...server, serverType: 'cx53' } : server));
  expect(capacityOf({ ...mixed, servers }, COSTS).requests[0]).toMatchObject({ perSecond: 20_000, endsAt: 'lb' });
});

test('kept connections end at the setting, or at the memory where the setting allows more', () => {
  // 4096 MB less 1536, 40 kB each
  expect(capacityOf(environment(), COSTS).connections).toEqual({
    kept: 20_000,
    endsAt: 'limit',
    limit: 20_000,
    byMemory: 65_536,
    newPerSecond: 2_000,
  });
  expect(capacityOf(environment({ connections: 100_000 }), COSTS).connections).toMatchObject({ kept: 65_536, endsAt: 'memory' });
});

test('included traffic is 20 TB a month in Europe, and said to be unknown elsewhere', () => {
  expect(capacityOf(environment(), COSTS).traffic?.averageBitsPerSecond).toBeCloseTo(67.9e6, -5);
  expect(capacityOf(environment({ type: 'cpx31', location: 'ash' }), COSTS).traffic).toBeUndefined();
});

test('the next step is one more server where more help, and a larger type where that helps, with its price for all of the tier', () => {
  const steps = nextSteps(environment(), COSTS).map(({ setting, euros, then }) => [
    setting,
    euros?.toFixed(2),
    ...then.map(({ request, perSecond, endsAt }) => `${request} ${perSecond} ${endsAt}`),
  ]);
  expect(steps).toEqual([
    // cx23 5.49, cx33 8.49
    ['loadBalancers.serverType cx33', '6.00', 'static file 40000 lb', 'small answer 23333 app'],
    ['app.serverCount 3', '5.49', 'database page 6000 app'],
    ['mysql.serverType cx33', '9.00', 'write 2000 primary'],
  ]);
});

test('where readers end it, the next number of members is odd', () => {
  const steps = nextSteps(environment({ app: 20, web: 20, type: 'cx23' }), {
    ...COSTS,
    requests: { ...COSTS.requests, 'database page': { readers: 280 } },
  });
  expect(steps.filter(({ part }) => part === 'readers').map(({ setting, euros }) => [setting, euros?.toFixed(2)])).toEqual([
    ['mysql.memberCount 5', '10.98'],
    ['mysql.serverType cx33', '9.00'],
  ]);
});

test('no step is offered that settings refuse, and a price that is not known is not guessed', () => {
  const many = nextSteps(environment({ app: 20 }), { ...COSTS, requests: { ...COSTS.requests, 'database page': { app: 5_000 } } });
  expect(many.filter(({ part }) => part === 'app')).toEqual([]);
  const singapore = nextSteps(environment({ type: 'cpx22', location: 'sin' }), COSTS);
  expect(singapore.find(({ part }) => part === 'app')).toMatchObject({ setting: 'app.serverCount 3', euros: undefined });
});

test('a server type that nobody knows is refused with what to do', () => {
  expect(() => capacityOf(environment({ type: 'cx99' }), COSTS)).toThrow('cx99 is not known here; add it to lib/hetzner/server-types.ts');
});

test('the report says for each kind of request where it ends, and on which processor it was measured', () => {
  const planned = environment();
  const lines = renderCapacity(reportOn(planned, COSTS), planned);
  expect(lines[0]).toBe('What shop bears, by 70 % of its processors: lb 2 x cx23, web 2 x cx23, app 2 x cx23, mysql 3 x cx23');
  expect(lines).toContain('database page                4,000       2,000   app: one core of each app server: Node is one process');
  expect(lines).toContain('  the chain: AMD EPYC, 2 cores (abcdef0)');
  expect(lines.join('\n')).toContain('make bench KEEP=1');
});

test('costs come from the measurements, each tier in front of the application as for a small answer of it', () => {
  const chainCase = (what: string, HAProxy: number, Nginx: number, Node: number) => ({
    what,
    ours: { processorTime: { HAProxy, Nginx, Node } },
    ...measured,
  });
  const chain = [
    chainCase('static file, h1, kept connections', 83, 52, 0),
    chainCase('static file, h1, new connections', 630, 88, 0),
    chainCase('small answer of Node, h1, kept connections', 100, 77, 64),
  ];
  const requests = [
    { what: 'database page', node: 350, mysql: 220 },
    { what: 'write', node: 700, mysql: 770 },
  ];
  const costs = costsOf(chain, { requests, ...measured }, { kilobytesPerConnection: 36, ...measured });
  expect(costs.requests).toEqual({
    'static file': { lb: 83, web: 52 },
    'small answer': { lb: 100, web: 77, app: 64 },
    'database page': { lb: 100, web: 77, app: 350, readers: 220 },
    write: { lb: 100, web: 77, app: 700, primary: 770 },
  });
  expect(costs.newConnection).toBe(547);
  expect(() => costsOf([], { requests, ...measured }, { kilobytesPerConnection: 36, ...measured })).toThrow('make bench KEEP=1');
});
