import { execa } from 'execa';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const SCRIPT = readFileSync('provisioning/shared/watch-peers.sh', 'utf8');
const REFUSES = '127.0.0.1:1/healthz';

/** A server of the next tier that answers 200. */
async function ready(): Promise<string> {
  const server = createServer((_, response) => response.end('ok'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}/healthz`;
}

/** What a host does that knows some servers, or is new, and is to know others. */
async function waits(known: readonly string[] | undefined, wanted: readonly string[], seconds = 2) {
  const folder = mkdtempSync(join(tmpdir(), 'new-peers-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const env = join(folder, 'etc/silent-peers.env');
  const files: readonly (readonly [string, readonly string[] | undefined])[] = [
    [env, known],
    [join(folder, 'upload/files', env), wanted],
  ];
  for (const [file, servers] of files) {
    mkdirSync(dirname(file), { recursive: true });
    if (servers) writeFileSync(file, `WATCHED_SERVERS=${servers.join(',')}\nWATCHED_CONNECTIONS=all\n`);
  }
  const script = SCRIPT.replace('/etc/platform/silent-peers.env', env);
  const common = `source provisioning/common.sh; staged() { printf '%s\\n' "${folder}/upload/files$1"; }`;
  const { exitCode, stdout, stderr } = await execa(
    'bash',
    ['-c', `set -euo pipefail; ${common}\n${script}\nwait_for_new_peers ${seconds}`],
    {
      reject: false,
    },
  );
  return { exitCode, said: `${stdout}${stderr}` };
}

test('a server that this host does not know yet has to answer before it is told of it', async () => {
  const [old, added] = [await ready(), await ready()];
  expect(await waits([old], [old, added])).toEqual({ exitCode: 0, said: expect.stringContaining(`waiting for ${added}`) });
  expect(await waits([old], [old, REFUSES])).toEqual({
    exitCode: 3,
    said: expect.stringContaining(`after 2 s not all of these answer: ${REFUSES}; the running configuration was left alone`),
  });
});

test('a server that it knows already may be down, or leave', async () => {
  const old = await ready();
  expect(await waits([old, REFUSES], [old, REFUSES])).toEqual({ exitCode: 0, said: '' });
  expect(await waits([old, REFUSES], [old])).toEqual({ exitCode: 0, said: '' });
});

test('a new host waits for nobody where nothing answers, as in a first deploy', async () => {
  expect(await waits(undefined, [REFUSES, '127.0.0.1:2/healthz'], 60)).toEqual({ exitCode: 0, said: '' });
});

test('a new host beside a tier that serves waits for all of it, and then does without those that are down', async () => {
  const [one, other] = [await ready(), await ready()];
  expect(await waits(undefined, [one, other], 60)).toEqual({ exitCode: 0, said: '' });
  expect(await waits(undefined, [one, REFUSES])).toEqual({
    exitCode: 0,
    said: expect.stringContaining('WARNING: not all of these answer'),
  });
});
