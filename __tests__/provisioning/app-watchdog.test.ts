import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** After how many questions without an answer the application was killed, each time. @param answers how `curl` ends, in turn */
function killedAfter(answers: readonly number[], nanosecondsAQuestion: number): readonly number[] {
  const folder = mkdtempSync(join(tmpdir(), 'app-watchdog-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'bin'));
  const program = (name: string, ...lines: string[]) =>
    writeFileSync(join(folder, 'bin', name), ['#!/usr/bin/env bash', `cd ${folder}`, ...lines, ''].join('\n'), { mode: 0o755 });
  // Ends who asks, and so the watchdog, which would begin again
  program('curl', ...answers.map((answer) => `echo ${answer}`), 'kill $PPID');
  program(
    'systemctl',
    'if [[ $1 == show ]]; then echo >>missed; echo $(($(wc -l <missed) * ' + String(nanosecondsAQuestion) + '))',
    'else wc -l <missed >>killed; fi',
  );
  writeFileSync(join(folder, 'killed'), '');
  const { status } = spawnSync('bash', ['provisioning/shared/app-watchdog'], {
    env: { PATH: `${folder}/bin:${process.env['PATH']}`, HOST: '127.0.0.1', PORT: '1' },
    timeout: 15_000,
  });
  expect(status).toBe(0);
  return readFileSync(join(folder, 'killed'), 'utf8').split('\n').filter(Boolean).map(Number);
}

const again = (times: number, ...answers: number[]) => Array.from({ length: times }, () => answers).flat();

const TIMED_OUT = 28;
const REFUSED = 7;

test('kills an application that does nothing after three questions without an answer, and watches the next one', () => {
  expect(killedAfter(again(7, TIMED_OUT), 0)).toEqual([3, 6]);
});

test('kills one that computes after twelve', () => {
  expect(killedAfter(again(13, TIMED_OUT), 1_000_000_000)).toEqual([12]);
});

test('counts anew after each answer', () => {
  expect(killedAfter(again(10, TIMED_OUT, TIMED_OUT, 0), 0)).toEqual([]);
});

test('leaves one alone that refuses connections: systemd knows what to do about it', () => {
  expect(killedAfter(again(20, REFUSED), 0)).toEqual([]);
});
