import { check, closelyWatched, invalid, unsure, worst, type Evidence, type Finding, type Verdict } from '../checkers';
import type { Lab } from '../lab';
import type { RunResult } from '../report/result';
import { createRandom, EVERYTHING, now, pause, startTraffic, USUAL_PATIENCE_MILLISECONDS } from '../traffic';
import { keysSetAside, rowsOfAll } from './database';
import { measureAll, moveMilliseconds } from './figures';
import { observe } from './observer';
import { DEFAULT_MINUTES } from './options';
import type { Scenario } from './scenario';
import { NotInjected, Stage } from './stage';
import { topologyOf } from './topology';

export interface RunOptions {
  readonly lab: Lab;
  readonly seed: string;
  /** From 1: each run of a scenario makes its own choices. */
  readonly run: number;
  /** How long a scenario of random faults goes on, in minutes. @default 3 */
  readonly minutes?: number;
  readonly log?: (line: string) => void;
  /** When aborted: breaks the story off, recovers everything, and judges what there is. */
  readonly signal?: AbortSignal;
}

/** Every figure requires that the tool's own clients kept their rate. The shortest outage with a target is 300 ms beyond the API's time. */
export const WATCHED = closelyWatched({ perSecond: 20, pauseMilliseconds: 300 });

/** For how many milliseconds clients go on trying after the outage that is allowed: an outage above it is judged as what it is. */
const BEYOND_THE_TARGET = 10_000;

/** Clients go on for this long after everything is healthy, to show that it stays so: by then a host that has returned would have pulled addresses back. */
const afterwardsMilliseconds = (lab: Lab): number => 3000 + moveMilliseconds(lab);

/** Runs a scenario once. Findings are in the verdict; they never throw. */
export async function runScenario(
  scenario: Scenario,
  { lab, seed, run, minutes = DEFAULT_MINUTES, log = () => undefined, signal }: RunOptions,
): Promise<RunResult> {
  const startedAt = now();
  const random = createRandom(`${seed}/${scenario.name}/${run}`);
  const topology = topologyOf(lab);
  // The time makes it unique: the same seed may run twice against one database.
  const runId = `f${Math.floor(startedAt).toString(36)}-${scenario.name}-${run}`;
  const findings: Finding[] = [];

  const sick = await waitForHealth(() => topology.problems(), (scenario.healthySeconds ?? 180) * 1000, log);
  if (sick.length > 0) return unrun(run, startedAt, `not healthy before the fault: ${sick.join(', ')}`);

  const observer = observe(lab);
  const targets = scenario.targets?.(lab) ?? [];
  const outages = targets.filter(({ figure }) => figure === 'outage');
  const traffic = startTraffic({
    target: lab.target,
    streams: scenario.streams ?? EVERYTHING,
    rate: scenario.rate,
    // An address that is unassigned first by an API that takes 20 s is away for longer than clients usually try
    patienceMilliseconds: Math.max(USUAL_PATIENCE_MILLISECONDS, ...outages.map(({ max }) => max + BEYOND_THE_TARGET)),
    seed: `${seed}/${run}`,
    runId,
  });
  const stage = new Stage({ lab, topology, traffic, random, runId, minutes, log });
  try {
    if (!(await traffic.serving({ timeoutMilliseconds: 30_000 }))) throw new NotInjected('clients were not served before the fault');
    await pause(500 + random.next() * 1000);
    await Promise.race([scenario.story(stage), interruption(signal)]);
  } catch (error) {
    findings.push(storyFinding(stage, error));
  }
  await stage.cleanUp().catch((error: unknown) => findings.push(unsure('clean-up', messageOf(error))));
  await stage
    .healthy((scenario.healthySeconds ?? 180) * 1000)
    .catch((error: unknown) => findings.push(invalid('healthy', messageOf(error), now())));
  await pause(afterwardsMilliseconds(lab));

  const operations = [
    ...(await traffic.stop().catch((error: unknown) => (findings.push(unsure('traffic', messageOf(error))), traffic.history))),
    ...stage.extraOperations,
  ];
  await observer.stop();
  const names = await topology.names('mysql');
  const members = await rowsOfAll(lab, names, runId).catch(
    (error: unknown) => (findings.push(unsure('members', messageOf(error))), undefined),
  );

  const setAside = await keysSetAside(lab, names, runId);

  const evidence: Evidence = { operations, marks: stage.marks, observations: observer.observations, members, setAside };
  return {
    run,
    startedAt,
    endedAt: now(),
    verdict: withFindings(check(evidence, [WATCHED, ...scenario.checkers]), findings),
    figures: measureAll(evidence, targets),
    ...evidence,
  };
}

function interruption(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new NotInjected('interrupted')), { once: true }));
}

/** Without the fault the run is unknown; any later error counts as a finding. */
function storyFinding(stage: Stage, error: unknown): Finding {
  const bitten = stage.marks.some((mark) => mark.kind === 'effect');
  return error instanceof NotInjected || !bitten ? unsure('story', messageOf(error), now()) : invalid('story', messageOf(error), now());
}

function withFindings(verdict: Verdict, findings: readonly Finding[]): Verdict {
  return { outcome: worst([verdict.outcome, ...findings.map((finding) => finding.outcome)]), findings: [...findings, ...verdict.findings] };
}

function unrun(run: number, startedAt: number, message: string): RunResult {
  const verdict: Verdict = { outcome: 'unknown', findings: [unsure('healthy', message)] };
  return { run, startedAt, endedAt: now(), verdict, figures: {}, marks: [], observations: [], operations: [] };
}

/** Waits until there are no problems, and returns those that are left when the time is over. */
async function waitForHealth(problems: () => Promise<string[]>, milliseconds: number, log: (line: string) => void): Promise<string[]> {
  const deadline = now() + milliseconds;
  let told = '';
  for (;;) {
    const left = await problems().catch((error: unknown) => [messageOf(error)]);
    if (left.length === 0 || now() > deadline) return left;
    const waiting = `waits until all is healthy: ${left.join(', ')}`;
    if (waiting !== told) log((told = waiting));
    await pause(1000);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
