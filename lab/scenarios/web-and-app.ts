import { answersWhileDown, noAcknowledgedWriteLost, noDoubleExecution, noFailedGet, noFailedRequest, noHiddenReplay, quietAfterRecovery, type Checker } from '../checkers';
import { allPowerOff, freeze, kill, killForGood, powerOff, slowed, type Fault, type LabHandle, type Tier } from '../faults';
import { nothingFails, serviceAfterFirstRecovery } from './figures';
import type { Scenario } from './scenario';
import type { Stage } from './stage';
import { UNITS } from './units';

/** One server of a tier with several: the others hide it from GETs, and a POST is done once. */
const HIDDEN: readonly Checker[] = [
  noFailedGet,
  noFailedRequest('write', 'read'),
  noAcknowledgedWriteLost,
  noDoubleExecution,
  noHiddenReplay,
  quietAfterRecovery(1000, 'probe', 'get', 'write', 'read'),
];

/** A fault of one server of the tier, chosen by the seed. */
function oneOf(tier: Tier, scenario: Omit<Scenario, 'story' | 'checkers'>, fault: (lab: LabHandle, machine: string) => Fault, holdMilliseconds = 8000): Scenario {
  return {
    ...scenario,
    checkers: HIDDEN,
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
    { name: 'web-nginx-killed', fault: 16, title: 'nginx on a web server is killed', explanation: 'No GET fails, and no POST is done twice.' },
    (lab, machine) => killForGood(lab, machine, UNITS.nginx),
  ),
  oneOf(
    'web',
    { name: 'web-nginx-frozen', fault: 16, title: 'nginx on a web server freezes', explanation: 'It accepts and does not answer. No GET fails, and no POST is done twice.' },
    (lab, machine) => freeze(lab, machine, UNITS.nginx),
  ),
  oneOf('web', { name: 'web-power-off', fault: 16, title: 'A web server loses power', explanation: 'No GET fails, and no POST is done twice.' }, powerOff),
  oneOf(
    'app',
    { name: 'app-node-killed', fault: 17, title: 'node on an app server is killed in the middle of POSTs', explanation: 'No GET fails. A POST that was cut off is repeated by the client with its key, and done once.' },
    (lab, machine) => kill(lab, machine, UNITS.app),
  ),
  oneOf(
    'app',
    { name: 'app-node-frozen', fault: 18, title: 'node on an app server freezes', explanation: 'It accepts and does not answer. No GET fails, and no POST is done twice.' },
    (lab, machine) => freeze(lab, machine, UNITS.app),
  ),
  oneOf('app', { name: 'app-power-off', fault: 17, title: 'An app server loses power', explanation: 'No GET fails, and no POST is done twice.' }, powerOff),
  {
    name: 'app-restarted-in-turn',
    fault: 20,
    title: 'The application is restarted, one server after the other',
    explanation: 'As for a new release: each server finishes what it has accepted before it stops. No request fails.',
    async story(stage: Stage): Promise<void> {
      for (const machine of await stage.topology.names('app')) {
        await stage.inject({
          title: `the application on ${machine} is restarted`,
          inject: async () => void (await stage.lab.exec(machine, ['systemctl', 'restart', UNITS.app], { timeoutSeconds: 60 })),
          recover: async () => undefined,
        });
        await stage.healthy();
        await stage.pause(2000);
      }
    },
    targets: () => [nothingFails],
    streams: ['probes', 'keepAlive', 'getMix', 'writers', 'patientWriter', 'readers'],
    checkers: [noFailedRequest('probe', 'keep-alive', 'get', 'write', 'read'), noAcknowledgedWriteLost, noDoubleExecution, noHiddenReplay],
  },
  {
    name: 'web-all-down',
    fault: 21,
    title: 'All web servers lose power',
    explanation: 'Nothing can serve. Clients get a clear 503 at once, not a hang, and service returns by itself when the servers do.',
    async story(stage: Stage): Promise<void> {
      const fault = await stage.inject(allPowerOff(stage.lab, await stage.topology.names('web')));
      await stage.pause(10_000);
      await stage.recover(fault);
      await stage.serving(90_000);
      await stage.healthy();
    },
    targets: () => [{ figure: 'service after boot', unit: 'ms', max: 30_000, measure: serviceAfterFirstRecovery }],
    checkers: [answersWhileDown(503, 1000, 5000), noAcknowledgedWriteLost, noDoubleExecution, quietAfterRecovery(1000, 'probe', 'get', 'write', 'read')],
  },
  oneOf(
    'app',
    { name: 'app-slow', fault: 22, title: 'An app server gets slow', explanation: 'node stands still for three quarters of the time. Requests get slower, none fails.' },
    (lab, machine) => slowed(lab, machine, UNITS.app),
    15_000,
  ),
];
