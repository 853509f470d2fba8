import {
  apiActionsFail,
  apiDown,
  apiHangs,
  apiHoldsAliases,
  apiRateLimited,
  apiUnassignsFirst,
  failoverTokenRevoked,
  powerOff,
  type Fault,
} from '../faults';
import type { Lab } from '../lab';
import {
  egressOutageAtMost,
  aliasMilliseconds,
  moveMilliseconds,
  noticeMilliseconds,
  outageAtMost,
  serviceAfterFirstRecovery,
} from './figures';
import { PAIR, PAIR_AWAY } from './load-balancer';
import type { Measured, Scenario } from './scenario';
import type { Stage } from './stage';

/** A refused agent tries again within this time, in milliseconds. */
const RETRY_INTERVAL = 2000;

/** A move that is going to fail has to end first; one of a second does so within the retry interval. */
const endOfDoomed = (lab: Lab): number => Math.max(0, moveMilliseconds(lab) - 1000);

/** The active load balancer dies while the API is broken; then the API recovers. */
function whileApi(
  name: string,
  fault: number,
  how: string,
  broken: (lab: Lab) => Fault,
  atWorst: (lab: Lab) => number = () => 0,
): Scenario {
  return {
    name,
    fault,
    title: `The active load balancer loses power while ${how}`,
    explanation:
      'The address cannot move as long as the API is broken. It arrives within one retry interval after the API works again, and then stays.',
    async story(stage: Stage): Promise<void> {
      const active = await stage.topology.activeLoadBalancer();
      const api = await stage.inject(broken(stage.lab));
      const power = await stage.inject(powerOff(stage.lab, active));
      await stage.pause(stage.random.between(5000, 9000));
      await stage.recover(api);
      await stage.serving();
      await stage.recover(power);
      await stage.healthy();
    },
    targets: (lab) => [
      {
        figure: 'service after the API works',
        unit: 'ms',
        max: RETRY_INTERVAL + atWorst(lab) + moveMilliseconds(lab),
        measure: serviceAfterFirstRecovery,
      },
    ],
    checkers: PAIR_AWAY,
  };
}

/** The active load balancer dies while the API moves addresses in an unusual way. Power returns when both have moved. */
function slowedBy(
  scenario: Pick<Scenario, 'name' | 'title' | 'explanation'>,
  api: (lab: Lab) => Fault,
  targets: (lab: Lab) => readonly Measured[],
): Scenario {
  return {
    ...scenario,
    async story(stage: Stage): Promise<void> {
      stage.askOutsideFrom(stage.random.pick(await stage.topology.names('app')));
      const slowed = await stage.inject(api(stage.lab));
      const active = await stage.topology.activeLoadBalancer();
      const power = await stage.inject(powerOff(stage.lab, active));
      await stage.serving(120_000);
      const arrived = async () => ![null, active].includes((await stage.lab.addressHolders()).natGateway);
      await stage.until('the NAT gateway has moved', arrived, 120_000);
      await stage.pause(3000);
      await stage.recover(power);
      await stage.recover(slowed);
      await stage.healthy();
    },
    targets,
    checkers: PAIR,
  };
}

/** Longest time between two attempts to move the alias; before the second the agent asks for both servers. */
const aliasRetry = (lab: Lab): number => 4000 + 4 * lab.apiTimes.answer.to;
const HELD = 30_000;

export const providerApiScenarios: readonly Scenario[] = [
  whileApi('lb-api-unavailable', 8, 'the API answers 503', (lab) => apiDown(lab, 503)),
  whileApi('lb-api-server-error', 8, 'the API answers 500', (lab) => apiDown(lab, 500)),
  whileApi('lb-api-rate-limited', 9, 'the API answers 429', apiRateLimited),
  whileApi('lb-api-hangs', 10, 'the API hangs', apiHangs),
  whileApi('lb-api-actions-fail', 11, 'moves are accepted and fail', apiActionsFail, endOfDoomed),
  slowedBy(
    {
      name: 'lb-api-unassigns-first',
      title: 'The active load balancer loses power, and its floating IP has to be unassigned first',
      explanation:
        'The API refuses to move an address that is assigned. The other load balancer has it unassigned and then assigned, once.',
    },
    apiUnassignsFirst,
    // Refused, looked up, unassigned
    (lab) => [
      outageAtMost(1200 + 2 * lab.apiTimes.answer.to + moveMilliseconds(lab) + noticeMilliseconds(lab) + moveMilliseconds(lab)),
      egressOutageAtMost(5000 + aliasMilliseconds(lab)),
    ],
  ),
  slowedBy(
    {
      name: 'lb-api-holds-alias',
      title: "The active load balancer loses power, and the NAT gateway's address stays with it for half a minute",
      explanation:
        'The API refuses to take the alias from a server that is off. Clients are served all the same; private machines reach the outside soon after it can be taken.',
    },
    (lab) => apiHoldsAliases(lab, HELD),
    (lab) => [outageAtMost(1200 + moveMilliseconds(lab)), egressOutageAtMost(HELD + aliasRetry(lab) + 5000 + aliasMilliseconds(lab))],
  ),
  whileApi('lb-api-token-revoked', 12, "the load balancers' token is revoked", failoverTokenRevoked),
];
