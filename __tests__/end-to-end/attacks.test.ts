import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Attack, serviceOf, withAddresses, type Order, type Service } from '../../lab/attacks';
import { openLab } from '../../lab/lab';
import type { Target } from '../../lab/traffic';

/**
 * Somebody holds all that can be got by one address, or by 200, and others are served meanwhile. Runs inside the client
 * namespace of a lab to which the stack has been deployed: see run.sh.
 */
const LONG = process.env['TEST_SIZE'] === 'all';
const LASTS_MS = LONG ? 120_000 : 6_000;
const ONE = 1;
const CROWD = 200;
/** What attackers and platform on the same processors add, in milliseconds. Who is shut out waits for 10 s, and then gets 503. */
const NOISE = 100;
const PAGE = '/api/notes';

let target: Target;
let usual: Service;
let addresses: readonly string[];
let leave = () => undefined as void;
let left: Promise<void>;
/** An address of its own for each attack: what one has asked for counts for 10 s. */
let next = 0;
const attackers = (count: number) => (count === CROWD ? addresses : addresses.slice(next, (next += count)));

beforeAll(async () => {
  ({ target } = await openLab());
  addresses = await new Promise((resolve, reject) => {
    left = withAddresses(CROWD, (given) => {
      resolve(given);
      return new Promise<void>((end) => (leave = end));
    });
    left.catch(reject);
  });
  usual = await serviceOf(target, PAGE, 5_000);
  expect(usual.failures).toEqual({});
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
  /** Requests refused for being too many. @default 0 */
  readonly refused?: number;
}

describe('while attackers hold all that they can get', () => {
  test.each<[string, Case]>([
    ['one address has requests under way whose bodies trickle', { way: 'trickling-bodies', from: ONE, connections: 40, atLeast: 150 }],
    ['one address reads large answers slowly', { way: 'slow-readers', from: ONE, connections: 40, atLeast: 150 }],
    ['one address has event streams', { way: 'event-streams', from: ONE, connections: 40, atLeast: 150 }],
    [
      'one address has answers without end that it does not declare',
      { way: 'undeclared-streams', from: ONE, connections: 40, atLeast: 150 },
    ],
    ['one address has idle web sockets', { way: 'web-sockets', from: ONE, connections: 400, requests: 1, atLeast: 150 }],
    ['one address sends request heads slowly', { way: 'slow-heads', from: ONE, connections: 600, requests: 1, atLeast: 300 }],
    ['one address sends request heads slowly on port 80', { way: 'redirects', from: ONE, connections: 200, requests: 1, atLeast: 50 }],
    ['one address asks for more than it may', { way: 'requests', from: ONE, connections: 40, atLeast: 20, refused: 500 }],
    ['200 addresses ask again and again', { way: 'requests', from: CROWD, connections: 1, requests: 1, atLeast: 200 }],
    [
      '200 addresses read answers slowly',
      { way: 'slow-readers', from: CROWD, connections: 2, requests: 17, answerBytes: 300_000, atLeast: 2_000 },
    ],
  ])(
    '%s, and others are served within twice their usual time',
    async (_, { way, from, connections, requests = 97, answerBytes, atLeast, refused = 0 }) => {
      const attack = new Attack({
        way,
        target,
        from: attackers(from),
        connectionsPerAddress: connections,
        requestsPerConnection: requests,
        ...(answerBytes && { answerBytes }),
      });
      onTestFinished(() => attack.stop());
      await attack.established(60_000);
      const service = await serviceOf(target, PAGE, LASTS_MS);
      process.stdout.write(`${way} from ${from}: ${JSON.stringify({ usual, service, most: attack.most, has: attack.latest })}\n`);
      expect(attack.most).toBeGreaterThanOrEqual(atLeast);
      expect(attack.latest.ended['429'] ?? 0).toBeGreaterThanOrEqual(refused);
      expect(service.failures).toEqual({});
      expect(service.median).toBeLessThan(2 * usual.median + NOISE);
      // Of a few visits the slowest twentieth is one, and chance
      if (LONG) expect(service.p95).toBeLessThan(2 * usual.p95 + NOISE);
    },
  );
});
