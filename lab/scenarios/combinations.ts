import { QUIET } from './checks';
import { DATA } from './group';
import { moveMilliseconds, outageAtMost } from './figures';
import { nothingOscillates } from '../checkers';
import { apiDown, cleanStop, cutLink, freeze, kill, killForGood, powerOff, slowed, type Fault } from '../faults';
import type { Random } from '../traffic';
import type { Scenario } from './scenario';
import type { Stage } from './stage';
import { UNITS } from './units';

type Choice = (stage: Stage, machine: string) => Fault;

/** Faults of one machine of each tier while the others are in order. */
const CHOICES: Readonly<Record<'lb' | 'web' | 'app' | 'mysql', readonly Choice[]>> = {
  lb: [
    ({ lab }, lb) => powerOff(lab, lb),
    ({ lab }, lb) => cleanStop(lab, lb),
    ({ lab }, lb) => kill(lab, lb, UNITS.haproxy),
    ({ lab }, lb) => kill(lab, lb, UNITS.keepalived),
    ({ lab }, lb) => kill(lab, lb, UNITS.floatingIpAgent),
    ({ lab }) => apiDown(lab, 503),
  ],
  web: [
    ({ lab }, web) => powerOff(lab, web),
    ({ lab }, web) => killForGood(lab, web, UNITS.nginx),
    ({ lab }, web) => freeze(lab, web, UNITS.nginx),
  ],
  app: [
    ({ lab }, app) => powerOff(lab, app),
    ({ lab }, app) => kill(lab, app, UNITS.app),
    ({ lab }, app) => freeze(lab, app, UNITS.app),
    ({ lab }, app) => slowed(lab, app, UNITS.app),
  ],
  mysql: [
    ({ lab }, member) => powerOff(lab, member),
    ({ lab }, member) => cleanStop(lab, member),
    ({ lab }, member) => kill(lab, member, UNITS.mysql),
    ({ lab }, member) => freeze(lab, member, UNITS.mysql),
    ({ lab }, member) => kill(lab, member, UNITS.memberAgent),
    ({ lab }, machine) => cutLink(lab, { machine, link: 'private' }),
  ],
};
const TIERS = Object.keys(CHOICES) as readonly (keyof typeof CHOICES)[];

/**
 * Faults drawn from the seed. Each round breaks one machine in each of one, two or three tiers at random moments, waits,
 * recovers them in another order, and requires that everything is healthy again. One machine of a tier at a time: the
 * platform does not promise to survive more.
 */
async function round(stage: Stage, random: Random, number: number): Promise<void> {
  const tiers = shuffled(TIERS, random).slice(0, 1 + Math.floor(random.next() * 3));
  stage.mark('note', `round ${number}: ${tiers.join(', ')}`);
  const faults: Fault[] = [];
  for (const tier of tiers) {
    const machine = random.pick(await stage.topology.names(tier));
    faults.push(await stage.inject(random.pick(CHOICES[tier])(stage, machine)));
    await stage.pause(random.between(0, 3000));
  }
  await stage.pause(random.between(2000, 12_000));
  for (const fault of shuffled(faults, random)) await stage.recover(fault);
  await stage.healthy();
  await stage.pause(random.between(1000, 4000));
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random.next() * left.length), 1)[0]!);
}

export const combinedScenarios: readonly Scenario[] = [
  {
    name: 'all-random',
    fault: 50,
    title: 'Random faults in several tiers at once',
    explanation:
      'In each round one machine breaks in one, two or three tiers, in ways drawn from the seed. No acknowledged write is lost or stored twice, and after every round everything recovers by itself.',
    async story(stage: Stage): Promise<void> {
      const end = performance.now() + stage.minutes * 60_000;
      for (let number = 1; performance.now() < end; number += 1) await round(stage, stage.random.fork(`round ${number}`), number);
    },
    // A load balancer, and behind it the API, a web and an app server: far more than any single fault, and still bounded.
    targets: (lab) => [outageAtMost(30_000 + moveMilliseconds(lab))],
    checkers: [...DATA, nothingOscillates(2000, ['floating-ip']), QUIET],
  },
];
