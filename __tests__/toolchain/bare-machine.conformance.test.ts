import { execa } from 'execa';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hasProgram } from '../helpers/programs';

/** Whether a copy of this machine can be made: bare-machine.sh mounts one, and packs what stands for packages of others. */
const isPossible =
  process.getuid?.() === 0 &&
  ['apt-get', 'dpkg-scanpackages', 'gpg'].every(hasProgram) &&
  (await execa('unshare', ['--mount', 'true'], { reject: false })).exitCode === 0;

interface Said {
  readonly exitCode?: number;
  readonly text: string;
}

/** What lab/setup.sh says there; repositories are stand-ins, and their programs only tell versions. */
async function onBareMachine(debiansNode: string, what: readonly string[], key = ''): Promise<Said> {
  const { exitCode, all } = await execa('__tests__/toolchain/bare-machine.sh', [debiansNode, ...what], {
    env: { KEY: key },
    all: true,
    reject: false,
  });
  return { exitCode, text: all };
}

describe.runIf(isPossible)('make up on a machine without Node.js and Terraform', () => {
  test('takes them from NodeSource and HashiCorp where the distribution’s Node.js is too old, says so, and leaves them alone then', async () => {
    const { exitCode, text } = await onBareMachine('18.20.4', ['node', 'terraform', 'node', 'terraform']);
    expect([exitCode, text.split('\n').filter((line) => line.startsWith('setup:'))]).toEqual([
      0,
      [
        'setup: installing Node.js from file:///mnt/nodesource, since this distribution has 18.20.4',
        'setup: npm ci',
        expect.stringMatching(/^setup: installing Terraform from file:\/\/\/mnt\/hashicorp \(\w+\)$/),
      ],
    ]);
  });

  test('takes the distribution’s Node.js where that is new enough, and nothing that another key has signed', async () => {
    const foreign = '0123456789ABCDEF0123456789ABCDEF01234567';
    const { exitCode, text } = await onBareMachine('20.19.2', ['node', 'terraform'], foreign);
    expect(exitCode).toBe(1);
    expect(text).toContain('setup: installing Node.js 20.19.2 and npm from this distribution');
    expect(text).toContain(
      `setup: ERROR: file:///mnt/key.asc does not hold the key ${foreign}; nothing was installed from file:///mnt/hashicorp`,
    );
  });
});

test('a Node.js that is too old is left alone, and the message says which is wanted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'old-node-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'node'), '#!/bin/sh\necho v20.18.3\n');
  chmodSync(join(folder, 'node'), 0o755);
  const { exitCode, stderr } = await execa('lab/setup.sh', ['node'], {
    env: { PATH: [folder, process.env['PATH']].join(delimiter) },
    reject: false,
  });
  expect([exitCode, stderr]).toEqual([
    1,
    'setup: ERROR: Node.js is v20.18.3, want 20.19 or newer, and what is there is left alone; https://nodejs.org/en/download',
  ]);
});
