import { addressMovedAtMost, noAcknowledgedWriteLost, noDoubleExecution, nothingOscillates, quietAfterRecovery } from '../checkers';
import { apiActionsFail, apiDown, apiHangs, apiRateLimited, failoverTokenRevoked, powerOff, type Fault, type LabHandle } from '../faults';
import { serviceAfterFirstRecovery } from './figures';
import { TIME_TO_PULL_BACK } from './load-balancer';
import type { Scenario } from './scenario';
import type { Stage } from './stage';

/** An agent that was refused tries again within this time, in milliseconds. */
const RETRY_INTERVAL = 2000;

/** The active load balancer dies while the API that would move its address is broken; then the API is put right. */
function whileApi(name: string, fault: number, how: string, broken: (lab: LabHandle) => Fault): Scenario {
  return {
    name,
    fault,
    title: `The active load balancer loses power while ${how}`,
    explanation: 'The address cannot move as long as the API is broken. It arrives within one retry interval after the API works again, and then stays.',
    async story(stage: Stage): Promise<void> {
      const active = await stage.topology.activeLoadBalancer();
      const api = await stage.inject(broken(stage.lab));
      const power = await stage.inject(powerOff(stage.lab, active));
      await stage.pause(stage.random.between(5000, 9000));
      await stage.recover(api);
      await stage.serving();
      await stage.recover(power);
      await stage.healthy();
      await stage.pause(TIME_TO_PULL_BACK);
    },
    targets: (lab) => [{ figure: 'service after the API works', unit: 'ms', max: RETRY_INTERVAL + lab.addressActionMilliseconds, measure: serviceAfterFirstRecovery }],
    checkers: [
      noAcknowledgedWriteLost,
      noDoubleExecution,
      addressMovedAtMost(1),
      nothingOscillates(120_000),
      quietAfterRecovery(1000, 'probe', 'get', 'write', 'read'),
    ],
  };
}

export const providerApiScenarios: readonly Scenario[] = [
  whileApi('lb-api-unavailable', 8, 'the API answers 503', (lab) => apiDown(lab, 503)),
  whileApi('lb-api-server-error', 8, 'the API answers 500', (lab) => apiDown(lab, 500)),
  whileApi('lb-api-rate-limited', 9, 'the API answers 429', apiRateLimited),
  whileApi('lb-api-hangs', 10, 'the API hangs', apiHangs),
  whileApi('lb-api-actions-fail', 11, 'moves are accepted and fail', apiActionsFail),
  whileApi('lb-api-token-revoked', 12, "the load balancers' token is revoked", failoverTokenRevoked),
];
