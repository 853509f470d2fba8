import type { Mark, Observation, Operation, Outcome, Stream } from '../../../lab/checkers';
import type { Result, RunResult, ScenarioResult } from '../../../lab/report';
import { createRandom } from '../../../lab/traffic';

/** The moment of the fault in all samples. */
export const ZERO = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A run in which the address was away for `outageMilliseconds`, with every kind of client at work. */
export function sampleRun(run: number, outageMilliseconds: number, outcome: Outcome = 'valid'): RunResult {
  const random = createRandom(`sample ${run}`);
  const operations: Operation[] = [];
  const back = ZERO + outageMilliseconds;
  const stream = (name: Stream, every: number, base: number, waits: boolean) => {
    for (let start = ZERO - 4000; start < ZERO + 22_000; start += every) {
      const latency = base * (0.7 + random.next() * 0.9) + (random.next() < 0.02 ? base * 8 : 0);
      const hit = start > ZERO && start < back;
      if (!hit) operations.push({ stream: name, start, end: start + latency, outcome: 'acknowledged', status: 200 });
      else if (waits) operations.push({ stream: name, start, end: back + latency, outcome: 'acknowledged', status: 201, attempts: 3 });
      else operations.push({ stream: name, start, end: start + 1000, outcome: 'failed', error: 'no connection within 1000 ms' });
    }
  };
  stream('probe', 50, 12, false);
  stream('keep-alive', 100, 5, false);
  stream('get', 100, 9, true);
  stream('write', 50, 25, true);
  stream('read', 100, 8, true);
  for (let n = 0; n < 3; n += 1)
    operations.push({
      stream: 'download',
      start: ZERO - 4000 + n * 8000,
      end: ZERO + 3900 + n * 8000,
      outcome: n === 0 ? 'failed' : 'acknowledged',
    });
  for (let n = -4; n < 22; n += 1)
    operations.push({
      stream: 'events',
      start: ZERO + n * 1000,
      end: ZERO + n * 1000 + 1000,
      outcome: n === 0 ? 'failed' : 'acknowledged',
    });
  const marks: Mark[] = [
    { at: ZERO, kind: 'inject', text: 'lb-1 loses power' },
    { at: ZERO + 180, kind: 'effect', text: 'seen: lb-1 loses power' },
    { at: ZERO + 8000, kind: 'recover', text: 'put right: lb-1 loses power' },
    { at: ZERO + 15_000, kind: 'healthy', text: 'everything is healthy' },
  ];
  const seen = (seconds: number, subject: string, value: string | null): Observation => ({ at: ZERO + seconds * 1000, subject, value });
  const observations = [
    ...['floating-ip', 'nat-gateway'].flatMap((subject) => [seen(-4, subject, 'lb-1'), seen(outageMilliseconds / 1000, subject, 'lb-2')]),
    seen(-4, 'lb-1', 'MASTER'),
    seen(0.4, 'lb-1', null),
    seen(12, 'lb-1', 'BACKUP'),
    seen(-4, 'lb-2', 'BACKUP'),
    seen(0.9, 'lb-2', 'MASTER'),
    seen(-4, 'db-1', 'PRIMARY'),
    seen(-4, 'db-2', 'SECONDARY'),
    seen(-4, 'db-3', 'RECOVERING'),
    seen(3, 'db-3', 'SECONDARY'),
  ];
  const findings =
    outcome === 'valid'
      ? []
      : [{ checker: 'noFailedRequest(write)', outcome, message: 'write <failed> after 30000 ms, 9 attempts: no answer' } as const];
  return {
    run,
    startedAt: ZERO - 5000,
    endedAt: ZERO + 23_000,
    verdict: { outcome, findings },
    figures: { outage: outageMilliseconds, 'write gap': outageMilliseconds + 40 },
    marks,
    observations,
    operations,
  };
}

export function sampleScenario(overrides: Partial<ScenarioResult> = {}): ScenarioResult {
  return {
    name: 'lb-power-off',
    title: 'The active load balancer loses power',
    explanation:
      'The machine that holds the floating IP is off from one moment to the next. The other takes the address, and keeps it when the first returns.',
    command: 'make faults ONLY=lb-power-off RUNS=3 SEED=tulip',
    targets: [{ figure: 'outage', unit: 'ms', max: 2200 }],
    checks: ['noAcknowledgedWriteLost', 'noFailedRequest(write, read)'],
    runs: [sampleRun(1, 1870), sampleRun(2, 2010), sampleRun(3, 1955)],
    ...overrides,
  };
}

export function sampleResult(scenarios: readonly ScenarioResult[] = [sampleScenario()]): Result {
  return {
    seed: 'tulip',
    command: 'make faults RUNS=3 SEED=tulip',
    startedAt: ZERO - 60_000,
    endedAt: ZERO + 600_000,
    addressActionMilliseconds: 1000,
    answerMilliseconds: 0,
    scenarios,
  };
}
