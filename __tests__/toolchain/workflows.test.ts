import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly { readonly uses?: string; readonly run?: string; readonly with?: Readonly<Record<string, unknown>> }[];
}
interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = '.github/workflows';

describe.each(readdirSync(FOLDER))('%s', (file) => {
  const workflow = parse(readFileSync(join(FOLDER, file), 'utf8')) as Workflow;
  const jobs = Object.entries(workflow.jobs);

  test('uses actions by commit, since a tag can be moved', () => {
    const used = jobs.flatMap(([, { steps }]) => steps.flatMap(({ uses = [] }) => uses));
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((uses) => !/@[0-9a-f]{40}$/.test(uses))).toEqual([]);
  });

  test('may only read; a job that may write checks nothing out', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    const writing = jobs.filter(([, { permissions }]) => permissions !== undefined);
    expect(writing.flatMap(([, { steps }]) => steps).filter(({ uses }) => uses !== undefined)).toEqual([]);
  });

  test('leaves no token to the code that it runs', () => {
    const checkouts = jobs.flatMap(([, { steps }]) => steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')));
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([]);
  });

  test('puts no text of a pull request into scripts', () => {
    expect(jobs.flatMap(([, { steps }]) => steps).filter(({ run }) => run?.includes('${{'))).toEqual([]);
  });

  test('ends in any case', () => {
    expect(jobs.filter(([, job]) => job['timeout-minutes'] === undefined)).toEqual([]);
  });
});
