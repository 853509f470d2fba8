import { expect } from 'vitest';
import { Attack, heldBy, serviceOf, type Held, type Order, type Service } from '../../lab/attacks';
import type { Lab } from '../../lab/lab';
import type { Target } from '../../lab/traffic';

/** How others are served while somebody holds all that can be got. */
const LONG = process.env['TEST_SIZE'] === 'all';
const LASTS_MS = LONG ? 120_000 : 6_000;
/** What attackers and platform on the same processors add, in milliseconds. Who is shut out waits for 10 s, and then gets 503. */
const NOISE = 100;
const PAGE = '/api/notes';
/** Refused by a limit, ended for being slow, or served. With another error an attack would hold nothing, and prove nothing. */
const ENDS_OF_AN_ATTACK = [101, 200, 408, 429];

/** Without an attack. */
export async function usualServiceOf(target: Target): Promise<Service> {
  const usual = await serviceOf(target, PAGE, 5_000);
  expect(usual.failures).toEqual({});
  return usual;
}

/** Calls `use` when the attackers have all that they can get, and ends them after it. */
export async function underAttack(orders: readonly Order[], use: (attacks: readonly Attack[]) => Promise<void>): Promise<void> {
  const attacks = orders.map((order) => new Attack(order));
  try {
    await Promise.all(attacks.map((attack) => attack.established(60_000)));
    await use(attacks);
  } finally {
    await Promise.all(attacks.map((attack) => attack.stop()));
  }
}

/** @param alsoEnds further statuses that may end a request of these attacks */
export async function expectOthersServed(
  target: Target,
  usual: Service,
  attacks: readonly Attack[],
  alsoEnds: readonly number[] = [],
): Promise<void> {
  const service = await serviceOf(target, PAGE, LASTS_MS);
  const has = attacks.map(({ order: { way, from }, most, latest }) => ({ way, from: from.length, most, ...latest }));
  process.stdout.write(`${JSON.stringify({ usual, service, attacks: has })}\n`);
  const statuses = attacks.flatMap(({ latest }) => Object.keys(latest.ended)).filter((how) => /^\d{3}$/.test(how));
  expect(statuses.filter((status) => ![...ENDS_OF_AN_ATTACK, ...alsoEnds].includes(Number(status)))).toEqual([]);
  expect(service.failures).toEqual({});
  expect(service.median).toBeLessThan(2 * usual.median + NOISE);
  // Of a few visits the slowest twentieth is one, and chance
  if (LONG) expect(service.p95).toBeLessThan(2 * usual.p95 + NOISE);
}

const ASK_HAPROXY = `
  const socket = require('node:net').connect('/run/haproxy/admin.sock');
  socket.write(process.argv[1] + '\\n');
  socket.pipe(process.stdout);`;

/** What an address holds at the load balancer that has the floating IP. */
export async function heldAt(lab: Lab, address: string): Promise<Held> {
  const { floatingIp: holder } = await lab.addressHolders();
  return heldBy(address, async (command) => {
    const { exitCode, stdout, stderr } = await lab.exec(holder ?? '', ['node', '-e', ASK_HAPROXY, command]);
    expect(exitCode, stderr).toBe(0);
    return stdout;
  });
}
