import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withAddresses, type Held, type Order, type Service } from '../../lab/attacks';
import { openLab, type Lab } from '../../lab/lab';
import type { Target } from '../../lab/traffic';
import { expectOthersServed, heldAt, underAttack, usualServiceOf } from './under-attack';

/**
 * Somebody holds all that can be got by one address, or by 200, and others are served meanwhile. Runs inside the client
 * namespace of a lab to which the stack has been deployed: see run.sh.
 */
const ONE = 1;
const CROWD = 200;
const SOON = { timeout: 15_000, interval: 200 };

let lab: Lab;
let target: Target;
let usual: Service;
let addresses: readonly string[];
let leave = () => undefined as void;
let left: Promise<void>;
/** An address of its own for each attack: what one has asked for counts for 10 s. */
let next = 0;
const attackers = (count: number) => (count === CROWD ? addresses : addresses.slice(next, (next += count)));

beforeAll(async () => {
  lab = await openLab();
  ({ target } = lab);
  addresses = await new Promise((resolve, reject) => {
    left = withAddresses(CROWD, (given) => {
      resolve(given);
      return new Promise<void>((end) => (leave = end));
    });
    left.catch(reject);
  });
  usual = await usualServiceOf(target);
});

afterAll(async () => {
  leave();
  await left;
});

interface Case {
  readonly way: Order['way'];
  readonly from: number;
  readonly connections: number;
  /** On each. @default as many as the load balancer allows */
  readonly requests?: number;
  readonly answerBytes?: number;
  /** Connections, or requests under way, at the same time. Below that it would be no attack. */
  readonly atLeast: number;
  /** What of it the load balancer counts, too. @default neither */
  readonly holds?: keyof Held;
  /** Requests refused for being too many. @default 0 */
  readonly refused?: number;
}

/** By what the attackers are. */
const CASES: Readonly<Record<string, Case>> = {
  'one address has requests under way whose bodies trickle': {
    way: 'trickling-bodies',
    from: ONE,
    connections: 40,
    atLeast: 150,
    holds: 'requests',
  },
  'one address has uploads under way that trickle, each on a connection of its own': {
    way: 'trickling-uploads',
    from: ONE,
    connections: 250,
    requests: 1,
    atLeast: 180,
    holds: 'requests',
  },
  'one address reads large answers slowly': { way: 'slow-readers', from: ONE, connections: 40, atLeast: 150, holds: 'requests' },
  'one address has event streams': { way: 'event-streams', from: ONE, connections: 40, atLeast: 150, holds: 'streams' },
  'one address has answers without end that it does not declare': {
    way: 'undeclared-streams',
    from: ONE,
    connections: 40,
    atLeast: 150,
    holds: 'requests',
  },
  'one address has idle web sockets': { way: 'web-sockets', from: ONE, connections: 400, requests: 1, atLeast: 150, holds: 'streams' },
  'one address sends request heads slowly': { way: 'slow-heads', from: ONE, connections: 600, requests: 1, atLeast: 300 },
  'one address sends request heads slowly on port 80': { way: 'redirects', from: ONE, connections: 200, requests: 1, atLeast: 50 },
  'one address asks for more than it may': { way: 'requests', from: ONE, connections: 40, atLeast: 20, refused: 500 },
  '200 addresses ask again and again': { way: 'requests', from: CROWD, connections: 1, requests: 1, atLeast: 200 },
  '200 addresses read answers slowly': {
    way: 'slow-readers',
    from: CROWD,
    connections: 2,
    requests: 17,
    answerBytes: 300_000,
    atLeast: 2_000,
  },
};

const ALONE = Object.entries(CASES).map(([title, each]) => ({ title, cases: [each] }));
const isOneOfMany = ({ from, holds }: Case) => from === ONE && holds !== undefined;
/** Several attackers at once ask more of the platform than each alone; which of them it is that shuts others out, shows a round of each alone. */
const holders = Object.values(CASES).filter(isOneOfMany);
const TOGETHER = [
  { title: `${holders.length} addresses hold what they can get, each in another way`, cases: holders },
  ...ALONE.filter(({ cases }) => !cases.some(isOneOfMany)),
];

function orderOf({ way, from, connections, requests = 97, answerBytes }: Case): Order {
  return {
    way,
    target,
    from: attackers(from),
    connectionsPerAddress: connections,
    requestsPerConnection: requests,
    ...(answerBytes && { answerBytes }),
  };
}

describe('while attackers hold all that they can get', () => {
  test.each(process.env['TEST_SIZE'] === 'all' ? ALONE : TOGETHER)(
    '$title, and others are served within twice their usual time',
    async ({ cases }) => {
      const orders = cases.map(orderOf);
      await underAttack(orders, async (attacks) => {
        for (const [n, { holds, atLeast }] of cases.entries())
          if (holds)
            await expect.poll(async () => (await heldAt(lab, orders[n]?.from[0] ?? ''))[holds], SOON).toBeGreaterThanOrEqual(atLeast);
        await expectOthersServed(target, usual, attacks);
        for (const [n, { way, atLeast, refused = 0 }] of cases.entries()) {
          expect(attacks[n]?.most, way).toBeGreaterThanOrEqual(atLeast);
          expect(attacks[n]?.latest.ended['429'] ?? 0, way).toBeGreaterThanOrEqual(refused);
        }
      });
    },
  );
});
