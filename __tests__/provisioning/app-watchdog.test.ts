import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** How often the application was asked before it was killed, and how often that was; `curl` ends as the numbers say, the last one again and again. */
function watch(answers: readonly number[], nanosecondsAQuestion: number): { readonly asked: number; readonly killed: number } {
  const folder = mkdtempSync(join(tmpdir(), 'app-watchdog-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'bin'));
  const program = (name: string, ...lines: string[]) =>
    writeFileSync(join(folder, 'bin', name), ['#!/usr/bin/env bash', `cd ${folder}`, ...lines, ''].join('\n'), { mode: 0o755 });
  program(
    'curl',
    'echo >>asked',
    `answers=(${answers.join(' ')})`,
    'n=$(($(wc -l <asked) - 1))',
    `exit "\${answers[n]:-${answers.at(-1)}}"`,
  );
  program(
    'systemctl',
    'if [[ $1 == show ]]; then touch asked; echo $(($(wc -l <asked) * ' +
      String(nanosecondsAQuestion) +
      ')); else wc -l <asked >>killed; fi',
  );
  // Ends the watchdog once it has killed, or has asked often enough
  program('sleep', '[[ ! -e killed && ( ! -e asked || $(wc -l <asked) -lt 40 ) ]]');
  spawnSync('bash', ['provisioning/shared/app-watchdog'], {
    env: { PATH: `${folder}/bin:${process.env['PATH']}`, HOST: '127.0.0.1', PORT: '1' },
    timeout: 15_000,
  });
  const lines = (name: string) => {
    try {
      return readFileSync(join(folder, name), 'utf8').split('\n').length - 1;
    } catch {
      return 0;
    }
  };
  return { asked: lines('asked'), killed: lines('killed') };
}

const TIMED_OUT = 28;
const REFUSED = 7;

test('kills an application that does nothing after three questions without an answer', () => {
  expect(watch([TIMED_OUT], 0)).toEqual({ asked: 3, killed: 1 });
});

test('kills one that computes after twelve', () => {
  expect(watch([TIMED_OUT], 1_000_000_000)).toEqual({ asked: 12, killed: 1 });
});

test('counts anew after each answer', () => {
  expect(watch([TIMED_OUT, TIMED_OUT, 0, TIMED_OUT, TIMED_OUT, 0], 0)).toEqual({ asked: 40, killed: 0 });
});

test('leaves one alone that refuses connections: systemd knows what to do about it', () => {
  expect(watch([REFUSED], 0)).toEqual({ asked: 40, killed: 0 });
});
