import { expect, onTestFinished, test } from 'vitest';
import { addressMovedAtMost, noAcknowledgedWriteLost, noDoubleExecution, noFailedRequest } from '../../../lab/checkers';
import { powerOff } from '../../../lab/faults';
import { scenarioOutcome, type RunResult } from '../../../lab/report';
import { scenarioResult } from '../../../lab/scenarios/campaign';
import { outageAtMost } from '../../../lab/scenarios/figures';
import { runScenario, WATCHED } from '../../../lab/scenarios/runner';
import type { Scenario } from '../../../lab/scenarios/scenario';
import { Stage } from '../../../lab/scenarios/stage';
import { topologyOf } from '../../../lab/scenarios/topology';
import { createRandom, now, pause } from '../../../lab/traffic';
import { FakeLab } from '../faults/fake-lab';
import { fakeService, type FakeService } from '../traffic/fake-service';

const TAKEOVER_MILLISECONDS = 600;

/** A lab whose service is away for a moment when the holder of the address loses power. */
async function failoverLab(): Promise<{ lab: FakeLab; service: FakeService; spoilt: Set<string> }> {
  const service = await fakeService();
  onTestFinished(() => service.stop().catch(() => undefined));
  const lab = new FakeLab();
  const spoilt = new Set<string>();
  lab.httpsPort = service.port;
  lab.onPower = async (machine, on) => {
    if (on || machine !== lab.holder) return;
    await service.stop();
    setTimeout(() => void service.start().then(() => (lab.holder = machine === 'lb-1' ? 'lb-2' : 'lb-1')), TAKEOVER_MILLISECONDS);
  };
  lab.shell = (machine, line) => {
    const json = (value: object) => ({ stdout: JSON.stringify(value) });
    if (line.includes(':9101/')) return json({ vrrpState: lab.holder === machine ? 'MASTER' : 'BACKUP' });
    if (line.includes(':9200/'))
      return json({ state: 'ONLINE', role: machine === 'db-1' ? 'PRIMARY' : 'SECONDARY', primary: { ok: machine === 'db-1' } });
    if (line.includes('SELECT'))
      return {
        stdout: service.rows
          .map((row) => `${row.id}\t${row.key}\t${row.id === '3' && spoilt.has(machine) ? 'spoilt' : row.text}`)
          .join('\n'),
      };
    return undefined;
  };
  return { lab, service, spoilt };
}

const scenario: Scenario = {
  name: 'lb-power-off',
  title: 'The active load balancer loses power',
  explanation: 'The other takes over.',
  streams: ['probes', 'writers', 'readers'],
  async story(stage) {
    const fault = await stage.inject(powerOff(stage.lab, await stage.topology.activeLoadBalancer()));
    await stage.serving(10_000);
    await stage.recover(fault);
  },
  targets: () => [outageAtMost(1500)],
  checkers: [noAcknowledgedWriteLost, noDoubleExecution, noFailedRequest('write', 'read'), addressMovedAtMost(1)],
};

test('a failover that clients hardly notice is valid, with its outage measured', { timeout: 40_000 }, async () => {
  const { lab } = await failoverLab();
  const run = await runScenario(scenario, { lab, seed: 'a', run: 1 });
  // Whether this machine had time for the clients is not what is tested here.
  expect(run.verdict.findings.filter(({ checker }) => checker !== WATCHED.name)).toEqual([]);
  expect(run.figures.outage).toBeGreaterThan(TAKEOVER_MILLISECONDS - 100);
  expect(run.marks.map(({ kind }) => kind)).toEqual(['inject', 'effect', 'recover', 'healthy']);
  const watched: RunResult = { ...run, verdict: { outcome: 'valid', findings: [] } };
  expect(scenarioOutcome(scenarioResult(scenario, lab, [watched], { seed: 'a', runs: 1, minutes: 3 }))).toBe('valid');
});

test('the time a machine takes to boot is part of what clients wait for', async () => {
  const lab = new FakeLab();
  const stage = new Stage({
    lab,
    topology: topologyOf(lab),
    traffic: { history: [], serving: async () => true },
    random: createRandom('a'),
    runId: 'run',
    minutes: 1,
    log: () => undefined,
  });
  const began = now();
  await stage.recover({ title: 'slow', inject: async () => undefined, recover: () => pause(300) });
  expect(stage.marks[0]!.at - began).toBeLessThan(200);
});

test('a member whose rows differ from the acknowledged ones makes a run invalid', { timeout: 40_000 }, async () => {
  const { lab, spoilt } = await failoverLab();
  spoilt.add('db-3');
  const run = await runScenario({ ...scenario, story: (stage) => stage.pause(1000) }, { lab, seed: 'a', run: 1 });
  expect(run.verdict.outcome).toBe('invalid');
  expect(run.verdict.findings.map(({ message }) => message)).toContainEqual(expect.stringMatching(/^db-3 holds "spoilt" for f/));
});

test('a fault without effect makes a run unknown, and is recovered all the same', { timeout: 40_000 }, async () => {
  const { lab } = await failoverLab();
  let recovered = 0;
  const dud = { title: 'a dud', inject: () => Promise.reject(new Error('nothing happened')), recover: async () => void (recovered += 1) };
  const run = await runScenario({ ...scenario, story: async (stage) => void (await stage.inject(dud)) }, { lab, seed: 'a', run: 1 });
  expect(run.verdict.findings[0]).toMatchObject({ outcome: 'unknown', message: 'a dud: nothing happened' });
  expect(recovered).toBe(1);
});

test('an interruption recovers every fault, and the story injects no further one', { timeout: 40_000 }, async () => {
  const { lab } = await failoverLab();
  const interrupt = new AbortController();
  const story: Scenario['story'] = async (stage) => {
    await stage.inject(powerOff(stage.lab, 'web-1'));
    setTimeout(() => interrupt.abort(), 100);
    await stage.pause(1000);
    await stage.inject(powerOff(stage.lab, 'app-1'));
  };
  const run = await runScenario({ ...scenario, story }, { lab, seed: 'a', run: 1, signal: interrupt.signal });
  expect(run.verdict.findings[0]).toMatchObject({ outcome: 'unknown', message: 'interrupted' });
  expect(lab.calls.filter((call) => call.startsWith('power'))).toEqual(['power off web-1', 'power on web-1']);
});

test('a platform that is not healthy before the fault gets no fault', { timeout: 20_000 }, async () => {
  const { lab } = await failoverLab();
  lab.off.add('web-1');
  const run = await runScenario({ ...scenario, healthySeconds: 1 }, { lab, seed: 'a', run: 1 });
  expect(run.verdict).toMatchObject({ outcome: 'unknown', findings: [{ message: 'not healthy before the fault: web-1 is off' }] });
  expect(lab.calls.filter((call) => call.startsWith('power'))).toEqual([]);
});
