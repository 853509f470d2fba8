import { expect, test } from 'vitest';
import { answersWhileDown, check, noFailedGet, noFailedRequest, quietAfterRecovery } from '../../../lab/checkers';
import { evidence, operation, probes } from './histories';

const healthyAt = (at: number) => ({ marks: [{ at, kind: 'healthy', text: 'healthy' }] as const });

test('a failed request is listed with what happened and how long it took', () => {
  const verdict = check(evidence(probes('+-+')), [noFailedRequest('probe')]);
  expect(verdict.findings).toEqual([
    expect.objectContaining({ outcome: 'invalid', at: 50, message: 'probe failed after 1000 ms: no connection' }),
  ]);
});

test('many failed requests are a few examples and a number', () => {
  const messages = check(evidence(probes('+'.padEnd(101, '-'))), [noFailedRequest('probe')]).findings.map((finding) => finding.message);
  expect(messages).toHaveLength(6);
  expect(messages.at(-1)).toBe('and 95 more');
});

test('a stream without requests is unknown', () => {
  expect(check(evidence(probes('+')), [noFailedGet]).outcome).toBe('unknown');
  expect(check(evidence([...probes('+'), ...probes('+', 'get')]), [noFailedGet]).outcome).toBe('valid');
});

test('an unanswered write of a retrying client is a failed request', () => {
  const write = operation(0, { stream: 'write', outcome: 'unknown', attempts: 7, error: 'no answer' });
  expect(check(evidence([write]), [noFailedRequest('write')]).outcome).toBe('invalid');
});

test('a request that fails after the recovery is a finding, one that failed before it is not', () => {
  const early = check(evidence(probes('--++++++'), healthyAt(150)), [quietAfterRecovery(0, 'probe')]);
  const late = check(evidence(probes('++++++-+'), healthyAt(150)), [quietAfterRecovery(0, 'probe')]);
  expect([early.outcome, late.outcome]).toEqual(['valid', 'invalid']);
});

test('without health after the recovery, quiet after it is unknown', () => {
  expect(check(evidence(probes('+++')), [quietAfterRecovery(0, 'probe')]).outcome).toBe('unknown');
});

test('while no server can answer, a quick 503 is required: a reset or a slow answer is a finding', () => {
  const marks = [{ at: -1000, kind: 'effect', text: 'down' }] as const;
  const answer = (overrides: object) =>
    check(evidence([operation(0, { outcome: 'failed', status: 503, ...overrides })], { marks }), [answersWhileDown(503, 500, 100)]).outcome;
  expect(answer({})).toBe('valid');
  expect(answer({ status: undefined })).toBe('invalid');
  expect(answer({ end: 900 })).toBe('invalid');
  expect(answer({ start: -950 })).toBe('unknown');
});
