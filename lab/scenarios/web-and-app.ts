import {
  answersWhileDown,
  noAcknowledgedWriteLost,
  noDoubleExecution,
  noFailedGet,
  noFailedRequest,
  noHiddenReplay,
  type Checker,
} from '../checkers';
import {
  allPowerOff,
  brokenRelease,
  freeze,
  kill,
  killForGood,
  leakMemory,
  mainPid,
  newRelease,
  powerOff,
  slowed,
  type Fault,
} from '../faults';
import type { Lab, Tier } from '../lab';
import type { StreamName } from '../traffic';
import { QUIET } from './checks';
import { nothingFails, outageAtMost, serviceAfterFirstRecovery, slowestGetAtMost } from './figures';
import type { Scenario } from './scenario';
import type { Stage } from './stage';
import { UNITS } from './units';

/** Checks for a fault of one server of a tier: no GET fails, because the others serve, and no POST is done twice. */
const HIDDEN: readonly Checker[] = [
  noFailedGet,
  noFailedRequest('write', 'read'),
  noAcknowledgedWriteLost,
  noDoubleExecution,
  noHiddenReplay,
  QUIET,
];

/**
 * A server that accepts connections and does not answer. Its clients wait until its watchdog kills it after three silent checks, and
 * are then served by another. A browser waits that long, a probe with its two seconds does not. New visitors are served meanwhile.
 */
const SILENT: Pick<Scenario, 'checkers' | 'targets'> = {
  checkers: [noFailedRequest('get', 'write', 'read'), ...HIDDEN.filter((checker) => checker !== noFailedGet)],
  targets: () => [slowestGetAtMost(9000), outageAtMost(500)],
};

/** Checks for a change by a deploy: no request fails, not even one without a second attempt. Downloads and event streams may be cut. */
const SHORT_LIVED: readonly StreamName[] = ['probes', 'keepAlive', 'getMix', 'writers', 'patientWriter', 'readers'];
const UNNOTICED: readonly Checker[] = [
  noFailedRequest('probe', 'keep-alive', 'get', 'write', 'read'),
  noAcknowledgedWriteLost,
  noDoubleExecution,
  noHiddenReplay,
];

/** A fault of one server of the tier, chosen by the seed. */
function oneOf(
  tier: Tier,
  scenario: Omit<Scenario, 'story' | 'checkers'> & Partial<Scenario>,
  fault: (lab: Lab, machine: string) => Fault,
  holdMilliseconds = 8000,
): Scenario {
  return {
    checkers: HIDDEN,
    ...scenario,
    async story(stage: Stage): Promise<void> {
      const machine = stage.random.pick(await stage.topology.names(tier));
      const injected = await stage.inject(fault(stage.lab, machine));
      await stage.pause(holdMilliseconds);
      await stage.recover(injected);
      await stage.healthy();
    },
  };
}

export const webAndAppScenarios: readonly Scenario[] = [
  oneOf(
    'web',
    {
      name: 'web-nginx-killed',
      fault: 16,
      title: 'nginx on a web server is killed',
      explanation: 'No GET fails, and no POST is done twice.',
    },
    (lab, machine) => killForGood(lab, machine, UNITS.nginx),
  ),
  oneOf(
    'web',
    {
      name: 'web-nginx-frozen',
      fault: 16,
      title: 'nginx on a web server freezes',
      explanation: 'The server accepts connections and does not answer. No GET fails, and no POST is done twice.',
    },
    (lab, machine) => freeze(lab, machine, UNITS.nginx),
  ),
  oneOf(
    'web',
    { name: 'web-power-off', fault: 16, title: 'A web server loses power', explanation: 'No GET fails, and no POST is done twice.' },
    powerOff,
  ),
  oneOf(
    'app',
    {
      name: 'app-node-killed',
      fault: 17,
      title: 'node on an app server is killed in the middle of POSTs',
      explanation: 'No GET fails. A POST that was cut off is repeated by the client with its key, and done once.',
    },
    (lab, machine) => kill(lab, machine, UNITS.app),
  ),
  oneOf(
    'app',
    {
      ...SILENT,
      name: 'app-node-frozen',
      fault: 18,
      title: 'node on an app server freezes',
      explanation: 'The server accepts connections and does not answer. No GET fails, though one may be slow, and no POST is done twice.',
    },
    (lab, machine) => freeze(lab, machine, UNITS.app),
  ),
  oneOf(
    'app',
    { name: 'app-power-off', fault: 17, title: 'An app server loses power', explanation: 'No GET fails, and no POST is done twice.' },
    powerOff,
  ),
  {
    name: 'app-memory-leak',
    fault: 19,
    title: 'The application on one server leaks memory until its limit',
    explanation:
      'The process gets slower by collecting garbage in vain, ends at its memory limit, and is started again. No GET fails, though one may be slow, and no POST is done twice.',
    ...SILENT,
    async story(stage: Stage): Promise<void> {
      const machine = stage.random.pick(await stage.topology.names('app'));
      const before = await mainPid(stage.lab, machine, UNITS.app);
      const fault = await stage.inject(leakMemory(stage.lab, machine, UNITS.app));
      const startedAgain = async () => ![0, before].includes(await mainPid(stage.lab, machine, UNITS.app));
      await stage.until(`the application on ${machine} has reached its limit and was started again`, startedAgain, 120_000);
      stage.mark('note', 'the limit was reached, and the application is started again');
      await stage.recover(fault);
      await stage.healthy();
    },
  },
  {
    name: 'app-new-release',
    fault: 20,
    title: 'A new version of the application is deployed, and the old one again',
    explanation: 'The servers change one after the other. Each finishes its accepted requests first. No request fails.',
    async story(stage: Stage): Promise<void> {
      const deployed = [];
      for (const machine of await stage.topology.names('app')) {
        deployed.push(await stage.inject(newRelease(stage.lab, machine, UNITS.app)));
        await stage.healthy();
      }
      await stage.pause(2000);
      for (const release of deployed) {
        await stage.recover(release);
        await stage.healthy();
      }
    },
    targets: () => [nothingFails],
    streams: SHORT_LIVED,
    checkers: UNNOTICED,
  },
  {
    name: 'app-broken-release',
    title: 'A version of the application that does not start is deployed',
    explanation: 'The first server returns to the old version and stops the deploy with the message of the application. No request fails.',
    async story(stage: Stage): Promise<void> {
      const fault = await stage.inject(brokenRelease(stage.lab, stage.random.pick(await stage.topology.names('app')), UNITS.app));
      await stage.healthy();
      await stage.recover(fault);
    },
    targets: () => [nothingFails],
    streams: SHORT_LIVED,
    checkers: UNNOTICED,
  },
  {
    name: 'web-all-down',
    fault: 21,
    title: 'All web servers lose power',
    explanation: 'No server can answer. Clients get a 503 at once instead of waiting, and service returns by itself with the servers.',
    async story(stage: Stage): Promise<void> {
      const fault = await stage.inject(allPowerOff(stage.lab, await stage.topology.names('web')));
      await stage.pause(10_000);
      await stage.recover(fault);
      await stage.serving(90_000);
      await stage.healthy();
    },
    targets: () => [{ figure: 'service after boot', unit: 'ms', max: 30_000, measure: serviceAfterFirstRecovery }],
    checkers: [answersWhileDown(503, 1000, 5000), noAcknowledgedWriteLost, noDoubleExecution, QUIET],
  },
  oneOf(
    'app',
    {
      name: 'app-slow',
      fault: 22,
      title: 'An app server gets slow',
      explanation: 'node is stopped for three quarters of the time. Requests get slower, none fails.',
    },
    (lab, machine) => slowed(lab, machine, UNITS.app),
    15_000,
  ),
];
